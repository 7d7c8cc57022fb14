/** Small pieces of the set-up. */
import { c, fragment, type Fragment } from '../fragment.js';

export const SETUP: readonly Fragment[] = [
  fragment(
    'need_capability',
    c`
static void need_capability(int kvm, int capability, const char *name)
{
	if (ioctl(kvm, KVM_CHECK_EXTENSION, capability) <= 0)
		skip_all("this KVM has no %s", name);
}
`,
  ),
  fragment(
    'enable_capability',
    c`
static void enable_capability(uint32_t capability, uint64_t argument, const char *name)
{
	struct kvm_enable_cap enable = { .cap = capability, .args = { argument } };

	if (ioctl(vm, KVM_ENABLE_CAP, &enable))
		skip_all("this KVM has no %s: %s", name, strerror(errno));
}
`,
  ),
  fragment(
    'KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP',
    c`
#ifndef KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP	/* headers before Linux 6.2 */
#define KVM_CAP_DIRTY_LOG_RING_WITH_BITMAP 225
#endif
`,
  ),
  fragment(
    'KVM_CAP_DIRTY_LOG_RING_ACQ_REL',
    c`
#ifndef KVM_CAP_DIRTY_LOG_RING_ACQ_REL	/* headers before Linux 6.1 */
#define KVM_CAP_DIRTY_LOG_RING_ACQ_REL 223
#endif
`,
  ),
  fragment(
    'need_thp',
    c`
static void need_thp(void)
{
	int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY);
	char text[64] = "";

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0 || strstr(text, "[never]"))
		skip_all("transparent huge pages are off");
	close(fd);
}
`,
  ),
  fragment(
    'unregister_all',
    c`
static void unregister_all(void)
{
	for (int region = PT; region < NONE; region++) {
		if (registered[region])
			uffd_unregister(region);
	}
}
`,
  ),
];
