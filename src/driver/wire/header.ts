import {
  FETCH_STUB,
  FETCH_STUB_BYTES,
  FETCH_STUB_OFFSET,
  FILL_TAG,
  GPA,
  GVA,
  MAX_ANSWERS,
  MAX_DELAY_US,
  MAX_MMIO_READS,
  MAX_NONE_PAGES,
  MAX_OFFSET_PAGES,
  MAX_PAGES,
  MAX_REP_COUNT,
  MAX_STEPS,
  PAGE_SIZE,
  PD_INDEX,
  PT_PAGE,
  PT_PAGES,
  PTE_BIT,
} from '../../scenario/stage2/layout.js';
import { ARM_FETCH_STUB, ARM_GVA, ARM_PTE_BIT, ARM_TABLES, GRANULE_PAGES } from '../../scenario/stage2/arch.js';
import { ARM_OP_NAMES, opInfo, X86_OP_NAMES, type Op } from '../../scenario/stage2/ops.js';
import { UFFD_MAX_PAGES, UFFD_MAX_STEPS, UFFD_THREADS } from '../../scenario/uffd/layout.js';
import {
  MAX_RESPONSE,
  WIRE_BITS,
  WIRE_ENUMS,
  WIRE_MAGIC,
  WIRE_STRUCTS,
  WIRE_VERSION,
  wireLayout,
  type WireStruct,
} from './spec.js';

const CAPS = {
  MAX_RESPONSE,
  FETCH_STUB,
  FETCH_STUB_BYTES,
  FETCH_STUB_OFFSET,
  MAX_ANSWERS,
  MAX_DELAY_US,
  MAX_MMIO_READS,
  MAX_NONE_PAGES,
  MAX_OFFSET_PAGES,
  MAX_PAGES,
  MAX_REP_COUNT,
  MAX_STEPS,
  PAGE_SIZE,
  PT_PAGES,
  UFFD_MAX_PAGES,
  UFFD_MAX_STEPS,
  UFFD_THREADS,
};

/** aarch64: what the driver alone needs of the guest's addresses. */
const ARM_FIXED = { ptAlias: 0xffffff8040000000n };
const ARM_MAX_PT_PAGES = Math.max(...Object.values(ARM_TABLES).map(({ pages }) => pages));

function defines(prefix: string, values: Readonly<Record<string, number | bigint>>): string[] {
  return Object.entries(values).map(([name, value]) => {
    const snake = name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
    return `#define ${prefix}${snake} 0x${value.toString(16)}${value > 0xffffffff ? 'ull' : 'u'}`;
  });
}

function enumeration(name: string, values: readonly string[]): string[] {
  const prefix = `FTL_${name.toUpperCase()}_`;
  return [
    `enum { /* ${name} */`,
    ...values.map((value, i) => `    ${prefix}${value.toUpperCase()} = ${i},`),
    `    ${prefix}COUNT = ${values.length},`,
    '};',
    '',
  ];
}

function struct(name: WireStruct): string[] {
  const layout = wireLayout(name);
  const field = ({ type, name: member, length }: (typeof layout.fields)[number]): string =>
    `    uint${type.slice(1)}_t ${member}${length === 1 ? '' : `[${length}]`};`;
  return [
    `struct ftl_${name} {`,
    ...layout.fields.map(field),
    '};',
    `_Static_assert(sizeof(struct ftl_${name}) == ${layout.sizeBytes}, "ftl_${name}");`,
    '',
  ];
}

/** Widths of each operation as a bit set (bit n = 2^n bytes), for the decoder's range check. */
function opWidths(suffix: '' | '_AARCH64', ops: readonly Op[]): string[] {
  const masks = ops.map((op) => opInfo(op).widths.reduce((mask, width) => mask | width, 0));
  return [
    '/* Widths of each operation: the sum of the legal byte counts, each a power of two. */',
    `#define FTL_OP${suffix}_WIDTHS \\`,
    ...ops.map(
      (op, i) => `    [FTL_OP${suffix}_${op.toUpperCase()}] = ${masks[i] ?? 0}${i + 1 < ops.length ? ', \\' : ''}`,
    ),
    '',
  ];
}

/** Prints the C header of the wire format. */
export function wireHeader(): string {
  const bits = Object.entries(WIRE_BITS).flatMap(([group, values]) => [
    ...defines(`FTL_${group.toUpperCase()}_`, values),
    '',
  ]);
  return [
    '/* Generated from src/driver/wire/spec.ts by `npm run wire`. Do not edit. */',
    '#ifndef FAULTLINE_WIRE_GENERATED_H',
    '#define FAULTLINE_WIRE_GENERATED_H',
    '',
    '#include <stdint.h>',
    '',
    `#define FTL_MAGIC 0x${WIRE_MAGIC.toString(16)}u`,
    `#define FTL_VERSION ${WIRE_VERSION}u`,
    '',
    ...defines('FTL_', CAPS),
    '',
    ...defines('FTL_GPA_', GPA),
    ...defines('FTL_GVA_', GVA),
    ...defines('FTL_PT_PAGE_', PT_PAGE),
    ...defines('FTL_PD_INDEX_', PD_INDEX),
    ...defines('FTL_PTE_BIT_', PTE_BIT),
    ...defines('FTL_FILL_TAG_', FILL_TAG),
    '',
    ...defines('FTL_ARM_GVA_', { ...ARM_GVA, ...ARM_FIXED }),
    ...defines('FTL_ARM_PTE_BIT_', ARM_PTE_BIT),
    ...defines('FTL_GRANULE_PAGES_', GRANULE_PAGES),
    ...defines('FTL_ARM_', { FETCH_STUB: ARM_FETCH_STUB, FETCH_STUB_BYTES: 4, MAX_PT_PAGES: ARM_MAX_PT_PAGES }),
    '',
    ...bits,
    ...Object.entries(WIRE_ENUMS).flatMap(([name, values]) => enumeration(name, values)),
    ...opWidths('', X86_OP_NAMES),
    ...opWidths('_AARCH64', ARM_OP_NAMES),
    ...(Object.keys(WIRE_STRUCTS) as WireStruct[]).flatMap(struct),
    '#endif',
    '',
  ].join('\n');
}
