/** Version of what `--json` prints. */
export const REPORT_SCHEMA = 1;

/** A report for scripts: one JSON object on as many lines as it needs, 64-bit numbers as hex strings. */
export function toJson(kind: string, report: object): string {
  const writeNumber = (_key: string, value: unknown): unknown =>
    typeof value === 'bigint' ? `0x${BigInt.asUintN(64, value).toString(16)}` : value;
  return JSON.stringify({ schema: REPORT_SCHEMA, report: kind, ...report }, writeNumber, 2);
}
