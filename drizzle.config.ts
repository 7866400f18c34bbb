// Where drizzle-kit reads the schema and writes migrations: `npm run db:generate` after a change of db/schema/.
import { defineConfig } from 'drizzle-kit';

export default defineConfig({ dialect: 'postgresql', schema: './db/schema/*.ts', out: './db/migrations' });
