import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/**
 * Which concept folder may import which. A folder is imported through its index.ts only, `commands/` may
 * import every concept, and no concept imports `commands/`. A folder that is not listed may import nothing.
 */
const MAY_IMPORT: Record<string, string[]> = {
  report: [],
  sql: ['report'],
  postgres: ['report'],
  proof: ['report', 'sql'],
  evidence: ['report'],
  apply: ['report', 'sql', 'postgres', 'proof', 'evidence'],
  rehearse: ['report', 'sql', 'postgres', 'proof', 'apply'],
  tap: ['report', 'sql', 'postgres'],
  prove: ['report', 'apply', 'postgres', 'proof', 'evidence', 'rehearse', 'tap'],
  backup: ['report', 'postgres', 'proof'],
  doctor: ['report', 'postgres', 'apply', 'backup'],
  targets: [],
  worker: ['report', 'postgres', 'targets'],
  cut: ['report'],
  'cut-run': ['report', 'sql', 'proof', 'cut'],
  commands: [
    'report',
    'sql',
    'postgres',
    'proof',
    'evidence',
    'apply',
    'rehearse',
    'tap',
    'prove',
    'backup',
    'doctor',
    'targets',
    'worker',
    'cut',
    'cut-run',
  ],
};

const SCRIPTS = resolve(import.meta.dirname, '..');

/** Every import in `text`, written in the folder `from`, that breaks the rule, as a sentence. */
export function brokenImports(from: string, file: string, text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].flatMap(([, target]) => {
    const [folder, ...rest] = relative(SCRIPTS, resolve(SCRIPTS, file, '..', target!)).split('/');
    if (folder === from || !folder) return [];
    if (rest.join('/') !== 'index.ts') return [`${file}: imports ${target}; import the folder's index.ts`];
    if (MAY_IMPORT[from]?.includes(folder)) return [];
    return [`${file}: ${from}/ may not import ${folder}/`];
  });
}

function check(): string[] {
  return Object.keys(MAY_IMPORT).flatMap((folder) =>
    readdirSync(join(SCRIPTS, folder), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) =>
        brokenImports(folder, `${folder}/${name}`, readFileSync(join(SCRIPTS, folder, name), 'utf8')),
      ),
  );
}

if (import.meta.main) {
  const broken = check();
  for (const line of broken) process.stderr.write(`${line}\n`);
  process.exitCode = broken.length === 0 ? 0 : 1;
}
