// Prints the closing line of .ci/run from vitest's JSON report: node scripts/ci-summary.mjs <report> <exit code of npm test>
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [, , reportFile, exitCode] = process.argv;
const report = readReport(reportFile);
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
);
const failed = report.numFailedTests + brokenFiles.length;
// A failed check, or an error outside any test, fails the run although no test failed.
const other = failed === 0 && exitCode !== '0' ? 1 : 0;
if (other > 0)
  process.stdout.write(`npm test exited with ${exitCode} and no test failed; that counts as one failure.\n`);
const skipped = report.numPendingTests + report.numTodoTests;
process.stdout.write(`${report.numPassedTests} passed, ${failed + other} failed, ${skipped} skipped\n`);

function readReport(path) {
  const text = readFileSync(path, 'utf8');
  if (text !== '') return JSON.parse(text);
  return { testResults: [], numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
}
