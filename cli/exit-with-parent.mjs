// Loaded into a child before anything else: a child whose supervisor was killed must not hold its port for ever.
process.on('disconnect', () => process.exit(0));
process.channel?.unref();
