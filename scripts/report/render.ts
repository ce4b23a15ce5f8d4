import type { Finding } from './outcome.ts';

const indent = (text: string) => text.replace(/^/gm, '    ');

/** A finding as people read it: what, where, the excerpt, the next step. Control characters are made visible. */
export function renderFinding(finding: Finding): string {
  const where = [finding.file, finding.object].filter(Boolean).join(' · ');
  const lines = [`  ✗ ${finding.message}${where ? `  [${where}]` : ''}`];
  if (finding.detail) lines.push(indent(finding.detail));
  if (finding.next) lines.push(indent(`next: ${finding.next}`));
  return visible(lines.join('\n'));
}

/** Makes every control character but line feed and tab visible, so that no file or server can draw on the terminal. */
export function visible(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
