import { describe, expect, it } from 'vitest';
import { loadParser } from '../../../scripts/sql/index.ts';
import { places, refusals, sql } from './support.ts';

await loadParser();

describe('headers', () => {
  it('are read from the lines at the very top', () => {
    const text = [
      '--! Previous: -',
      '--! Hash: sha1:abc',
      '--! AllowInvalidHash',
      '--! Title:  Ünïts: the first ',
      '--! Requires: 002_vocabulary, SG_1',
      '--! Verify: runtime/009_verify.sql',
      '--! Residue: sequence public.x_id_seq',
      '--! Residue: sequence "Odd".x',
      '--! Accepts: column-order public.t',
      '--! Destroys: every row of t',
      '--! Destroys: the audit of t',
      '--! NoTransaction',
      '--! PostCheck: select indisvalid from pg_index limit 1',
      '',
      'select 1',
    ];
    const headers = {
      Previous: '-',
      Hash: 'sha1:abc',
      AllowInvalidHash: true,
      Title: 'Ünïts: the first',
      Requires: ['002_vocabulary', 'SG_1'],
      Verify: 'runtime/009_verify.sql',
      Residue: ['sequence public.x_id_seq', 'sequence "Odd".x'],
      Accepts: ['column-order public.t'],
      Destroys: ['every row of t', 'the audit of t'],
      NoTransaction: true,
      PostCheck: 'select indisvalid from pg_index limit 1',
    };
    expect(sql(text.join('\n')).headers).toEqual(headers);
    expect(sql(text.join('\r\n')).headers).toEqual(headers);
    expect(sql('select 1').headers).toEqual({});
  });

  it.each([
    ['--! Titel: x', 'header_unknown@1:5', 'did you mean Title?'],
    ['--! Requries: SG_1', 'header_unknown@1:5', 'did you mean Requires?'],
    ['--! Owner: me', 'header_unknown@1:5', 'known: Previous, Hash'],
    ['--! constructor', 'header_malformed@1:1', 'known: '],
    ['--! Constructor', 'header_unknown@1:5', 'known: '],
    ['--! title: x', 'header_malformed@1:1', 'is Title meant?'],
    ['--!Title: x', 'header_malformed@1:1', 'is Title meant?'],
    ['--! Title : x', 'header_malformed@1:1', 'not a header line'],
    ['--! Title: a\n--! Title: b', 'header_repeated@2:1', 'only once'],
    ['--! Destroys: a\n--! Destroys: a', 'header_repeated@2:1', 'the same twice'],
    ['--! Title:', 'header_value_missing@1:11', 'needs a value'],
    ['--! Title', 'header_value_missing@1:10', 'needs a value'],
    ['--! NoTransaction: yes', 'header_value_unexpected@1:20', 'it says "yes"'],
    ['--! PostCheck: select true', 'header_alone@1:1', 'without NoTransaction'],
    ['--! Verify: runtime/9.sql', 'header_value@1:13', 'no runtime file'],
    ['--! Requires: SG_1,, SG_2', 'header_value@1:15', 'empty item'],
    ['--! Requires: runtime/002_a.sql', 'header_value@1:15', 'neither a gate nor a file'],
    ['--! Requires: SG_1, SG_1', 'header_value@1:15', 'there twice'],
    ['--! Residue: sequnce public.x', 'header_value@1:14', '"sequnce" is nothing it can name'],
    ['--! Residue: sequence x', 'header_value@1:14', 'no qualified name'],
    ['--! Accepts: column-order public.t, public.u', 'header_value@1:14', 'no qualified name'],
    [
      '--! NoTransaction\n--! PostCheck: select é, from from',
      'header_value@2:26',
      'syntax error at or near "from"',
    ],
    ['--! NoTransaction\n--! PostCheck: select true; select 1', 'header_value@2:29', 'one SELECT'],
    ['--! NoTransaction\n--! PostCheck: delete from t', 'header_value@2:16', 'one SELECT'],
    [
      '--! NoTransaction\n--! PostCheck: with x as (delete from t returning 1) select true',
      'header_value@2:16',
      'changes nothing',
    ],
    ['\n--! Title: x', 'header_misplaced@2:1', 'nothing reads'],
    ['--! Title: x\n\n--! Requires: SG_1', 'header_misplaced@3:1', 'first lines'],
    ['-- a licence\n--! Title: x', 'header_misplaced@2:1', 'first lines'],
  ])('%j is refused', (text, place, words) => {
    const findings = refusals(`${text}\nselect 1;\n`);
    expect(places(findings)).toEqual([place]);
    expect(findings[0]!.message).toContain(words);
    expect(findings[0]!.next).toBeTruthy();
  });

  it('says how a file is named in Requires', () => {
    const [finding] = refusals('--! Requires: SG_1, runtime/002_a.sql\nselect 1');
    expect(finding!.next).toBe('write 002_a: a file is named without folder and .sql');
  });

  it('reports every fault at once, syntax included', () => {
    expect(places(refusals('--! Titel: x\n--! NoTransaction: 1\nselect from from'))).toEqual([
      'header_unknown@1:5',
      'header_value_unexpected@2:20',
      'syntax_error@3:13',
    ]);
  });

  it("lets graphile-migrate's own lines and constants pass", () => {
    const text = '--! Title: x\n\n--! Included f.sql\nselect $$\n--! Titel: y\n$$;\n--! EndIncluded f.sql\n';
    expect(sql(text).headers).toEqual({ Title: 'x' });
  });
});
