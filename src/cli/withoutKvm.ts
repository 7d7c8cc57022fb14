import type { CampaignOptions } from '../campaign/types.js';
import { allFamilies } from './families.js';
import { checkKvm, checkUserfaultfd } from './machine/checks.js';
import { thisMachine } from './machine/machine.js';

/**
 * The campaign as this machine can run it: without /dev/kvm the families that need it are left out, which is told. Nothing changes
 * where no family would be left, or where it runs elsewhere.
 *
 * @param isDefault nobody named the families: any that needs no KVM will do.
 */
export async function withoutKvm(
  campaign: CampaignOptions,
  isDefault: boolean,
  say: (line: string) => void,
): Promise<CampaignOptions> {
  const { status, name, detail, mend } = checkKvm(thisMachine);
  const elsewhere = campaign.shard !== undefined || campaign.targets.some(({ kind }) => kind !== 'local');
  if (status === 'ok' || elsewhere) return campaign;
  const all = await allFamilies();
  const wanted = isDefault ? [...all.keys()] : campaign.families;
  const out = wanted.filter((family) => all.get(family)?.needsKvm === true);
  const families = wanted.filter((family) => !out.includes(family));
  if (families.length === 0 || out.length === 0) return campaign;
  if (isDefault && checkUserfaultfd(thisMachine).status === 'missing') return campaign;
  say(`the family ${out.join(', ')} is left out: ${name} ${detail}; to mend it: ${mend ?? 'see faultline doctor'}`);
  return { ...campaign, families };
}
