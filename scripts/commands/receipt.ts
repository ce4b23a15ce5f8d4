import { Argument } from 'commander';
import { verifyReceipt } from '../evidence/index.ts';
import { EXIT, type Outcome, renderFinding } from '../report/index.ts';
import type { Verb } from './verb.ts';

export const receipt: Verb = {
  name: 'receipt',
  summary: 'check a receipt offline (verify), or print it for people (show)',
  configure(command) {
    command
      .addArgument(new Argument('<action>', 'what to do').choices(['verify', 'show']))
      .argument('<dir>', 'the folder of the receipt')
      .option('--key <file>', 'the public key (PEM) that must have signed it');
  },
  async run(context, options, [action, folder]): Promise<Outcome> {
    const {
      receipt: found,
      signed,
      findings,
    } = await verifyReceipt(folder!, options.key as string | undefined);
    const { line } = context.progress;
    line(`${found.verb}: ${found.verdict} (exit ${found.exit}), ${found.startedAt}, ${found.seconds} s`);
    line(
      `${found.items.length} items, ${found.findings.length} findings, ${found.ledger.events} events in its ledger`,
    );
    line(signed ? 'signed' : 'not signed: it shows a slip, not a careful forger');
    if (action === 'show') {
      for (const item of found.items)
        line(`  ${item.stage ?? ''} ${item.name ?? item.file ?? ''} ${item.verdict ?? item.state ?? ''}`);
      for (const finding of found.findings) line(renderFinding(finding));
      for (const limit of found.notProven) line(`  not proven: ${limit}`);
    }
    const exit = findings.length === 0 ? EXIT.clean : EXIT.finding;
    const items = [{ receipt: folder, digest: found.digest, head: found.ledger.head, signed }];
    return { verdict: findings.length === 0 ? 'intact' : 'altered', exit, items, findings };
  },
};
