// Prints the C header of the wire format from its TypeScript source. Run after a build: `npm run wire`.
import { writeFileSync } from 'node:fs';
import { wireHeader } from '../dist/driver/wire/header.js';

writeFileSync(new URL('../native/include/faultline_wire.generated.h', import.meta.url), wireHeader());
