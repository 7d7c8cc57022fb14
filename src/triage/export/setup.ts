/** The set-up of a case's machine, as the function `set_up`. */
import type { Stage2Config } from '../../scenario/stage2/config.js';
import type { Step } from '../../scenario/stage2/steps.js';
import type { Needs } from './needs.js';
import { featuresOf, modesText, scriptText } from './scripts.js';
import type { Shape } from './shape.js';
import { slotFlags } from './slots.js';
import { call } from './text.js';
import { hexText, regionText } from './values.js';

/** What the set-up is written from. */
export interface SetupParts {
  readonly config: Stage2Config;
  readonly steps: readonly Step[];
  readonly shapes: readonly Shape[];
  readonly needs: Needs;
  /** Name of the dirty ring's capability. */
  readonly ringCapability: string;
  /** Statements of the architecture between the VM's creation and its memory; `kvm` is in scope. */
  readonly machine: readonly string[];
}

const SLOT_SET = '"KVM_SET_USER_MEMORY_REGION"';

function usesReadonly({ shapes, steps }: SetupParts): boolean {
  return (
    shapes.some(({ flags }) => flags.readonly) ||
    steps.some((step) => step.kind === 'memslot' && 'flags' in step && step.flags.readonly)
  );
}

function capabilityLines(parts: SetupParts): string[] {
  const manual = (flags: string): string[] =>
    call('enable_capability', ['KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2', flags, '"manual dirty-log protection"'], 1);
  const readonly = usesReadonly(parts) ? ['\tneed_capability(kvm, KVM_CAP_READONLY_MEM, "read-only memslots");'] : [];
  const thp = parts.shapes.some(({ backing }) => backing === 'anon_thp') ? ['\tneed_thp();'] : [];
  switch (parts.config.dirtyTracking) {
    case 'bitmap':
      return [...readonly, ...thp];
    case 'bitmap_manual':
      return [...readonly, ...thp, ...manual('KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE')];
    case 'bitmap_manual_init_set':
      return [...readonly, ...thp, ...manual('KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE | KVM_DIRTY_LOG_INITIALLY_SET')];
    case 'ring':
      return [...readonly, ...thp, ...ringLines(parts.ringCapability)];
  }
}

/** Where KVM offers to back rings with bitmaps it needs them. */
function ringLines(capability: string): string[] {
  const bytes = 'RING_ENTRIES * sizeof(struct kvm_dirty_gfn)';
  return [
    ...call('enable_capability', [capability, bytes, '"dirty ring"'], 1),
    '\tif (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP) > 0)',
    '\t\tenable_capability(KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP, 0, "dirty ring with a bitmap");',
  ];
}

/** Flags, file and advice of the memory of each backing. */
function memoryLines({ name, backing }: Shape): string[] {
  const region = regionText(name);
  const map = (flags: string, fd: string, advice: string): string[] =>
    call('map_memory', [region, flags, fd, advice], 1);
  switch (backing) {
    case 'anon':
      return map('MAP_PRIVATE | MAP_ANONYMOUS', '-1', 'MADV_NOHUGEPAGE');
    case 'anon_thp':
      return map('MAP_PRIVATE | MAP_ANONYMOUS', '-1', 'MADV_HUGEPAGE');
    case 'shmem':
      return map('MAP_SHARED | MAP_ANONYMOUS', '-1', 'MADV_NOHUGEPAGE');
    case 'memfd':
      return map('MAP_SHARED', `open_memory(${region}, 0)`, 'MADV_NOHUGEPAGE');
    case 'hugetlb':
      return map('MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB', '-1', '-1');
    case 'hugetlb_shared':
      return map('MAP_SHARED', `open_memory(${region}, MFD_HUGETLB)`, '-1');
  }
}

/** Opens userfaultfd with the features that the case's registrations need. */
function userfaultLines({ shapes, steps, needs }: SetupParts): string[] {
  if (!needs.uffd) return [];
  const later = steps.flatMap((step) => {
    if (step.kind !== 'uffd' || !('uffd' in step)) return [];
    const shape = shapes.find(({ name }) => name === step.region);
    return shape === undefined ? [] : featuresOf(shape.backing, step.uffd);
  });
  const first = shapes.flatMap(({ backing, uffd }) => (uffd === null ? [] : featuresOf(backing, uffd)));
  const identity = needs.vcpus === 2 || needs.withdraw ? ['UFFD_FEATURE_THREAD_ID'] : [];
  const features = [...new Set([...identity, ...first, ...later])];
  const registrations = shapes.flatMap(({ name, uffd }) => {
    if (uffd === null) return [];
    const registration = `uffd_register(${regionText(name)}, ${modesText(uffd)}, ${scriptText(uffd, needs)})`;
    return [`\tif (${registration})`, `\t\tskip_all("UFFDIO_REGISTER of ${name}: %s", strerror(errno));`];
  });
  const threads = needs.vcpus === 2 ? ['\tvcpu_threads[0] = syscall(SYS_gettid);'] : [];
  return [
    ...threads,
    ...call('open_userfaultfd', [features.length === 0 ? '0' : features.join(' | ')], 1),
    ...registrations,
  ];
}

/** The region table. */
export function regionTable(
  { config, shapes, needs }: SetupParts,
  gva: (shape: Shape) => bigint | number,
  noneGva: number,
  noneGpa: number,
): string {
  const unit = (huge: boolean): string => (needs.uffd ? `, .unit = ${huge ? 'HUGE_PAGE' : 'PAGE'}` : '');
  const rows = shapes.map((shape) => {
    const { name, gpa, pages, bytes, backing } = shape;
    const place = `.gpa = ${hexText(gpa)}, .gva = ${hexText(gva(shape))}`;
    const size = `.pages = ${pages}, .bytes = ${bytes % 0x200000 === 0 ? 'HUGE_PAGE' : `${pages} * PAGE`}`;
    return `\t[${regionText(name)}] = { "${name}", ${place}, ${size}${unit(backing.startsWith('hugetlb'))} },`;
  });
  const none = `\t[NONE] = { "none", .gpa = ${hexText(noneGpa)}, .gva = ${hexText(noneGva)}, .pages = ${config.none.pages} },`;
  return ['static struct region regions[REGIONS] = {', ...rows, none, '};'].join('\n');
}

/** The text of `set_up`. */
export function setUpText(parts: SetupParts): string {
  const { shapes } = parts;
  const usesKvm = [...capabilityLines(parts), ...parts.machine].some((line) => line.includes('kvm,'));
  return [
    'static void set_up(void)',
    '{',
    usesKvm ? '\tint kvm = create_vm();' : '\tcreate_vm();',
    '',
    '\tinstall_handlers();',
    ...capabilityLines(parts),
    ...parts.machine,
    ...shapes.flatMap(memoryLines),
    ...shapes.filter(({ name }) => name !== 'pt').map(({ name }) => `\tmap_region(${regionText(name)});`),
    '\tmap_region(NONE);',
    ...shapes.map(({ name }) => `\tfill_memory(${regionText(name)});`),
    ...shapes.map(
      ({ name, flags, gpa }) =>
        `\tmust(set_memslot(${regionText(name)}, ${slotFlags(flags)}, ${hexText(gpa)}), ${SLOT_SET});`,
    ),
    ...userfaultLines(parts),
    '}',
  ].join('\n');
}
