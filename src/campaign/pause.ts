/** Waits so long, or until `end` is settled. */
export async function pause(ms: number, end: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([passed, end]);
  clearTimeout(timer);
}
