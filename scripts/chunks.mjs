// The bundle as chunks that load each other by name and synchronously: dist/chunks/NAME.cjs, each a function of
// (module, require, __load, __loadLater, __folder). esbuild splits ES modules only, so its import and export statements
// between chunks are turned into calls here.
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build, transform } from 'esbuild';
import { LATER_MODULES, laterModules } from './later-modules.mjs';

/** Writes all chunks; gives the name of the one to begin with. */
export async function writeChunks(options, main) {
  const { outputFiles, metafile } = await build({
    ...options,
    format: 'esm',
    entryPoints: [main, ...Object.keys(LATER_MODULES)],
    entryNames: '[name]-[hash]',
    splitting: true,
    metafile: true,
    write: false,
    outdir: 'dist/chunks',
    define: { 'import.meta.dirname': '__folder' },
    plugins: [laterModules],
  });
  const entries = new Map(
    Object.entries(metafile.outputs).map(([path, { entryPoint }]) => [entryPoint, basename(path, '.js')]),
  );
  mkdirSync('dist/chunks', { recursive: true });
  for (const { path, text } of outputFiles) {
    const linked = link(text, (file) => entries.get(file));
    const { code } = await transform(linked, {
      format: 'cjs',
      target: options.target,
      charset: options.charset,
      minifyWhitespace: true,
      sourcefile: 'chunk.mjs',
    });
    if (/\b(?:import|export)\s*[{*"]/.test(code))
      throw new Error(`${path}: a statement between chunks is left`);
    writeFileSync(
      `dist/chunks/${basename(path, '.js')}.cjs`,
      `(function(module,require,__load,__loadLater,__folder){${code.trim()}})`,
    );
  }
  return entries.get(main);
}

function link(text, chunkOf) {
  return text
    .replaceAll(/\bimport"\.\/([\w.-]+)\.js";/g, '__load("$1");')
    .replaceAll(/\bimport\{([^}]*)\}from"\.\/([\w.-]+)\.js";/g, (_, names, chunk) => {
      return `const{${names.replaceAll(' as ', ':')}}=__load("${chunk}");`;
    })
    .replaceAll(/\bimport\("\.\/([\w.-]+)\.js"\)/g, '__loadLater("$1")')
    .replaceAll(/\bexport\{([^}]*)\};/g, (_, names) => {
      return `module.exports={${names.replaceAll(/([\w$]+) as ([\w$]+)/g, '$2:$1')}};`;
    })
    .replaceAll(/\b__load\("(src\/[\w./-]+)"\)/g, (_, file) => `__load("${chunkOf(file)}")`);
}
