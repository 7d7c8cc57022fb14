import { rule } from './book.js';

const SDM = 'Intel SDM vol. 2, the instruction';

export const loadValue = rule(
  'access.load-value',
  'contract',
  'A read returns the bytes that memory holds at its address.',
  'Intel SDM vol. 3A, memory ordering; page_fault_test guest_read64',
);
export const storeContent = rule(
  'access.store-content',
  'contract',
  'A completed write leaves its bytes in memory, and only these.',
  'Intel SDM vol. 3A, memory ordering; page_fault_test guest_write64',
);
export const registerMerge = rule(
  'access.register-merge',
  'contract',
  'A one- or two-byte load leaves the rest of the register alone; a four-byte load clears the upper half; movzx and movsx extend.',
  `${SDM}s MOV, MOVZX, MOVSX; vol. 1, general-purpose registers in 64-bit mode`,
);
export const atomicUpdate = rule(
  'access.atomic-update',
  'contract',
  'A locked read-modify-write stores the result computed from the value that it read.',
  `${SDM}s XCHG, CMPXCHG, ADD, OR, AND, BTS; page_fault_test guest_cas`,
);
export const failedCompare = rule(
  'access.failed-compare',
  'contract',
  'A compare-and-exchange whose comparison fails clears ZF, loads the old value into the accumulator and leaves memory as it was.',
  `${SDM}s CMPXCHG, CMPXCHG16B`,
);
export const flagsResult = rule(
  'access.flags',
  'contract',
  'ZF tells whether a compare-and-exchange matched or an arithmetic result is zero, and CF what bit BTS found.',
  `${SDM}s CMPXCHG, ADD, OR, AND, BTS`,
);
export const stringRegisters = rule(
  'access.string-registers',
  'contract',
  'A string instruction moves RDI and RSI by the bytes it handled and counts RCX down to zero; push and pop move RSP by eight.',
  `${SDM}s MOVS, STOS, REP, PUSH, POP`,
);
export const alignmentFault = rule(
  'access.alignment',
  'contract',
  'movaps and cmpxchg16b with a misaligned operand raise #GP(0) before they touch memory.',
  `${SDM}s MOVAPS, CMPXCHG16B`,
);
export const prefetchHint = rule(
  'access.prefetch-hint',
  'contract',
  'A prefetch neither faults nor exits nor raises a userfault.',
  `${SDM} PREFETCHW`,
);
export const clflushLoads = rule(
  'access.clflush-loads',
  'contract',
  'clflush is checked like a load of one byte and changes no data.',
  `${SDM} CLFLUSH`,
);
export const fetchRuns = rule(
  'access.fetch',
  'contract',
  'An instruction fetch runs the bytes that the page holds.',
  'page_fault_test guest_exec',
);
export const undecoded = rule(
  'access.undecoded',
  'implementation',
  'An instruction that KVM must emulate and its emulator cannot ends KVM_RUN with KVM_EXIT_INTERNAL_ERROR, sub-code 1.',
  'api.rst, KVM_EXIT_INTERNAL_ERROR; arch/x86/kvm/emulate.c; which ones is probed',
);
export const partialSplit = rule(
  'access.partial-split',
  'implementation',
  'When the emulator faults on the second page of a plain write, the bytes on the first page are already written.',
  'arch/x86/kvm/x86.c, emulator_read_write; the processor itself writes nothing',
);
export const faultNoEffect = rule(
  'access.fault-no-effect',
  'contract',
  'An instruction that faults on the processor changes no data.',
  'Intel SDM vol. 3A, exceptions of the fault class',
);
