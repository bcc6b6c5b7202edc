// Builds the page into renderer/dist: relative paths and no inline code, so that the same files serve every shell and
// pass its content security policy.
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

/** Every browser that can show the page reads WOFF2: KaTeX's other two formats of each font would only make the app larger. */
const onlyWoff2: Plugin = {
  name: 'katex-only-woff2',
  enforce: 'pre',
  transform(code, id) {
    if (!id.endsWith('katex.min.css')) return null;
    return code.replaceAll(/,url\([^)]+\.(?:woff|ttf)\) format\("(?:woff|truetype)"\)/g, '');
  },
};

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [onlyWoff2, react(), tailwindcss()],
  resolve: {
    alias: {
      // What KaTeX writes is read by a parser of its own: the browser's would refuse its `style` attributes, as the policy says.
      'hast-util-from-html-isomorphic': join(import.meta.dirname, '../node_modules/hast-util-from-html-isomorphic/index.js'),
    },
  },
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2024',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1000,
  },
});
