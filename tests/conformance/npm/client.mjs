// What the scripts share: where the node is, and steps whose outcomes are printed as one JSON document.

export const ledger = JSON.parse(process.env.SUPERCLOUD_LEDGER);

const outcomes = {};

function plain(key, value) {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  // 64-bit integers of older libraries.
  if (value && typeof value === "object" && "low" in value && "high" in value) return value.toString();
  return value;
}

/** Run one step; what it returns, or that it failed, is printed in the end. */
export async function step(name, action) {
  try {
    outcomes[name] = { ok: true, value: (await action()) ?? null };
    return outcomes[name].value;
  } catch (error) {
    outcomes[name] = { ok: false, error: String(error?.stack ?? error) };
    return undefined;
  }
}

/** Run one step that has to be refused; its value is the refusal's text. */
export async function refused(name, action) {
  try {
    outcomes[name] = { ok: false, error: `was not refused: ${JSON.stringify(await action(), plain)}` };
  } catch (error) {
    outcomes[name] = { ok: true, value: String(error?.message ?? error) };
  }
  return outcomes[name].value;
}

/** A promise with an end, for what is only heard of. */
export function within(milliseconds, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Print everything and end, whatever sockets are still open. */
export function finish() {
  process.stdout.write(JSON.stringify(outcomes, plain), () => process.exit(0));
}
