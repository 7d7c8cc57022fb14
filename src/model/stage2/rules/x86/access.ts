import { x86Rule } from '../book.js';

const SDM = 'Intel SDM vol. 2, the instruction';

export const registerMerge = x86Rule(
  'access.register-merge',
  'contract',
  'A one- or two-byte load leaves the rest of the register alone; a four-byte load clears the upper half; movzx and movsx extend.',
  `${SDM}s MOV, MOVZX, MOVSX; vol. 1, general-purpose registers in 64-bit mode`,
);
export const failedCompare = x86Rule(
  'access.failed-compare',
  'contract',
  'A compare-and-exchange whose comparison fails clears ZF, loads the old value into the accumulator and leaves memory as it was.',
  `${SDM}s CMPXCHG, CMPXCHG16B`,
);
export const flagsResult = x86Rule(
  'access.flags',
  'contract',
  'ZF tells whether a compare-and-exchange matched or an arithmetic result is zero, and CF what bit BTS found.',
  `${SDM}s CMPXCHG, ADD, OR, AND, BTS`,
);
export const stringRegisters = x86Rule(
  'access.string-registers',
  'contract',
  'A string instruction moves RDI and RSI by the bytes it handled and counts RCX down to zero; push and pop move RSP by eight.',
  `${SDM}s MOVS, STOS, REP, PUSH, POP`,
);
export const alignmentFault = x86Rule(
  'access.alignment',
  'contract',
  'movaps and cmpxchg16b with a misaligned operand raise #GP(0) before they touch memory.',
  `${SDM}s MOVAPS, CMPXCHG16B`,
);
export const clflushLoads = x86Rule(
  'access.clflush-loads',
  'contract',
  'clflush is checked like a load of one byte and changes no data.',
  `${SDM} CLFLUSH`,
);
export const undecoded = x86Rule(
  'access.undecoded',
  'implementation',
  'An instruction that KVM must emulate and its emulator cannot ends KVM_RUN with KVM_EXIT_INTERNAL_ERROR, sub-code 1.',
  'api.rst, KVM_EXIT_INTERNAL_ERROR; arch/x86/kvm/emulate.c; which ones is probed',
);
export const partialSplit = x86Rule(
  'access.partial-split',
  'implementation',
  'When the emulator faults on the second page of a plain write, the bytes on the first page are already written.',
  'arch/x86/kvm/x86.c, emulator_read_write; the processor itself writes nothing',
);
export const faultNoEffect = x86Rule(
  'access.fault-no-effect',
  'contract',
  'An instruction that faults on the processor changes no data.',
  'Intel SDM vol. 3A, exceptions of the fault class',
);
