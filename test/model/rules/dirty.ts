import { GPA } from '../../../src/scenario/stage2/layout.js';
import type { DirtyLog, X86Config } from '../../../src/scenario/stage2.js';
import { access, config } from '../../scenario/examples.js';
import { dirty, done, holds, mmio, result, ringEntry, type RuleCase, ON_PROCESSOR } from '../support.js';

function logged(changes: Partial<X86Config> = {}): Partial<X86Config> {
  return { data: { ...config().data, flags: { log: true, readonly: false } }, ...changes };
}

const get: DirtyLog = { kind: 'dirtyLog', action: 'get', region: 'data' };
const clear: DirtyLog = { kind: 'dirtyLog', action: 'clear', region: 'data', page: 0, pages: 1 };
const harvest: DirtyLog = { kind: 'dirtyLog', action: 'harvest' };
const reset: DirtyLog = { kind: 'dirtyLog', action: 'reset' };
const store = access({ op: 'store', value: '0x11' });
const stored = holds('data', 0, 'initial', { 0: 0x11n });

export const DIRTY: readonly RuleCase[] = [
  {
    rule: 'dirty.write',
    config: logged(),
    steps: [
      [store, [done()]],
      [get, [result(), dirty(1n)], [result()]],
    ],
    end: [stored],
  },
  { rule: 'dirty.untouched', config: logged(), steps: [[get, [result()], [result(), dirty(3n)]]] },
  {
    rule: 'dirty.read-only',
    config: { data: { ...config().data, flags: { log: true, readonly: true } } },
    steps: [
      [store, [mmio('write', GPA.data, 8, 0x11n), done()]],
      [get, [result()], [result(), dirty(1n)]],
    ],
  },
  {
    rule: 'dirty.get-resets',
    config: logged(),
    steps: [
      [store, [done()]],
      [get, [result(), dirty(1n)]],
      [get, [result()], [result(), dirty(1n)]],
    ],
    end: [stored],
    blames: 'dirty.untouched',
  },
  {
    rule: 'dirty.manual-get-keeps',
    config: logged({ dirtyTracking: 'bitmap_manual' }),
    steps: [
      [store, [done()]],
      [get, [result(), dirty(1n)]],
      [get, [result(), dirty(1n)], [result()]],
    ],
    end: [stored],
    blames: 'dirty.write',
  },
  {
    rule: 'dirty.clear',
    config: logged({ dirtyTracking: 'bitmap_manual' }),
    steps: [
      [store, [done()]],
      [clear, [result()]],
      [get, [result()], [result(), dirty(1n)]],
    ],
    end: [stored],
    blames: 'dirty.untouched',
  },
  {
    rule: 'dirty.initially-set',
    config: logged({ dirtyTracking: 'bitmap_manual_init_set' }),
    steps: [[get, [result(), dirty(3n)], [result()]]],
  },
  {
    rule: 'dirty.starts-clean',
    steps: [
      [{ kind: 'memslot', region: 'data', action: 'log', on: true }, [result()]],
      [get, [result()], [result(), dirty(3n)]],
    ],
    blames: 'dirty.untouched',
  },
  {
    rule: 'dirty.host-write',
    config: logged(),
    steps: [
      [{ kind: 'host', action: 'write', region: 'data', page: 0, offset: 0, value: '0x11' }, [result()]],
      [get, [result()], [result(), dirty(1n)]],
    ],
    end: [stored],
    blames: 'dirty.untouched',
  },
  { rule: 'dirty.no-log', steps: [[get, [result(2)], [result()]]] },
  { rule: 'dirty.ioctl', config: logged(), steps: [[get, [result()], [result(22)]]] },
  {
    rule: 'ring.write',
    config: logged({ dirtyTracking: 'ring' }),
    steps: [
      [store, [done()]],
      [harvest, [ringEntry(0), result()], [result()]],
    ],
    end: [stored],
  },
  {
    rule: 'ring.until-reset',
    on: ON_PROCESSOR,
    config: logged({ dirtyTracking: 'ring' }),
    steps: [
      [store, [done()]],
      [harvest, [ringEntry(0), result()]],
      [store, [done()]],
      [harvest, [result()], [ringEntry(1), result()], [ringEntry(0), result()]],
    ],
    end: [stored],
    blames: 'dirty.untouched',
    plant: 'refused',
  },
  {
    rule: 'ring.reset',
    config: logged({ dirtyTracking: 'ring' }),
    steps: [
      [store, [done()]],
      [harvest, [ringEntry(0), result()]],
      [reset, [result(0, 1n)]],
      [store, [done()]],
      [harvest, [ringEntry(0), result()], [result()]],
    ],
    end: [stored],
    blames: 'ring.write',
  },
];
