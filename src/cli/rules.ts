import type { Command } from 'commander';
import type { Rule } from '../model/rule.js';
import { toJson } from '../report/json.js';
import { rulesPage } from '../report/rules.js';
import { EXIT, type ExitCode } from './exit.js';
import { allFamilies, familyNamed } from './families.js';
import type { Output } from './output.js';

export function addRules(program: Command, output: Output, done: (code: ExitCode) => void): void {
  program
    .command('rules')
    .description('print every rule of the model: its sentence, its tier and its source')
    .option('--family <name>', 'only the rules of this family')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  $ faultline rules --family stage2')
    .action(async ({ family, json }: { family?: string; json?: true }) => {
      const families = family === undefined ? [...(await allFamilies()).values()] : [await familyNamed(family)];
      if (json === true) {
        const rules = Object.fromEntries(families.map(({ name, rules }) => [name, rules.map(plainRule)]));
        output.out.print(toJson('rules', { families: rules }));
      } else {
        output.out.write(`# Rules\n\n${families.map(({ name, rules }) => rulesPage(name, rules)).join('\n')}`);
      }
      done(EXIT.ok);
    });
}

/** A rule without what the model keeps beside it. */
function plainRule({ id, tier, sentence, source }: Rule): Rule {
  return { id, tier, sentence, source };
}
