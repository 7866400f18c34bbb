export async function proveKills(): Promise<object> {
  throw new Error('to come');
}
