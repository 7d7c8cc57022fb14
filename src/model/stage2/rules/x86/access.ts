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
export const clflushIdle = x86Rule(
  'access.clflush-idle',
  'implementation',
  'On a processor that does not check clflush it does nothing.',
  'QEMU, target/i386/tcg/translate.c, which emulates no caches; it is probed',
);
export const updateReadsFirst = x86Rule(
  'access.update-reads-first',
  'implementation',
  'A processor whose read-modify-write is a read and then a write faults as a read first.',
  'QEMU, tcg/tcg-op.c, tcg_gen_atomic_fetch_add without other threads; it is probed',
);
export const updateWritesAtOnce = x86Rule(
  'access.update-writes-at-once',
  'implementation',
  'A processor whose read-modify-write is one access faults as a write at once.',
  'Intel SDM vol. 3A, locked atomic operations; it is probed',
);
export const tornStore = x86Rule(
  'access.torn-store',
  'implementation',
  'A processor that makes a wide store in parts has made those before the part that faults.',
  'QEMU, target/i386/tcg/translate.c, gen_sto_env_A0; it is probed',
);
export const undecoded = x86Rule(
  'access.undecoded',
  'implementation',
  'An instruction that KVM must emulate and its emulator cannot ends KVM_RUN with KVM_EXIT_INTERNAL_ERROR, sub-code 1.',
  'api.rst, KVM_EXIT_INTERNAL_ERROR; arch/x86/kvm/emulate.c; which ones is probed',
);
export const undecodedVector = x86Rule(
  'access.undecoded-vector',
  'implementation',
  "An AVX instruction that must be emulated ends KVM_RUN like that where KVM's emulator knows none.",
  'arch/x86/kvm/emulate.c, x86_decode_insn; it is probed',
);
export const undecodedUser = x86Rule(
  'access.undecoded-user',
  'implementation',
  'Where the processor runs the code of CPL3, what KVM cannot emulate there raises #UD and does not end KVM_RUN.',
  'arch/x86/kvm/x86.c, handle_emulation_failure; it is probed',
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
