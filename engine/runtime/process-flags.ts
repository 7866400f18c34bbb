// How Node starts a process that runs the engine.

/**
 * Node's flags. Objects die young here and few are alive at once, but reading a tokenizer lets the space for young ones
 * grow to 48 MiB that stay: at most 2 MiB a part leave that memory to the model, and scavenges are no slower.
 */
export const engineProcessFlags: readonly string[] = ['--max-semi-space-size=2'];
