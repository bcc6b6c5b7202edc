// Adds up what Vitest and Playwright reported and prints "N passed, N failed". Fails if a report is missing or nothing passed.
import { existsSync, readFileSync } from 'node:fs';

const folder = new URL('../test-results/reports/', import.meta.url);
const total = { passed: 0, failed: 0, skipped: 0 };
const missing = [];

/** Reads a report and adds its counts. */
function add(name, counts) {
  const file = new URL(`${name}.json`, folder);
  if (!existsSync(file)) return missing.push(name);
  const { passed, failed, skipped } = counts(JSON.parse(readFileSync(file, 'utf8')));
  console.log(`${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`);
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

const vitest = (report) => ({
  passed: report.numPassedTests,
  // A file that cannot be loaded has no failed test in it, and is a failure all the same.
  failed: Math.max(report.numFailedTests, report.success ? 0 : 1),
  skipped: report.numPendingTests + report.numTodoTests,
});
const playwright = ({ stats, errors }) => ({
  passed: stats.expected,
  failed: stats.unexpected + stats.flaky + errors.length,
  skipped: stats.skipped,
});

add('unit', vitest);
add('model', vitest);
add('native', (report) => ({ skipped: 0, ...report }));
add('e2e', playwright);

for (const name of missing) console.log(`${name}: no report, so these tests did not run`);
total.failed += missing.length;
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
