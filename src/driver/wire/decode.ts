import type { Observation } from '../observation.js';
import { decodeResponse } from './response.js';
import { getEvent } from './stage2/events.js';

/**
 * Reads a response frame of the stage2 family.
 *
 * @throws an Error that starts with `HARNESS:` when the frame is not one that the contract allows.
 */
export function decodeStage2(response: Uint8Array): Observation {
  return decodeResponse(response, getEvent);
}
