import { type DeliveryTarget, type Kind, type Outcome, refused } from './target.ts';

/** Stands in the registry for every kind without an adapter: it refuses whatever it is given, and asks nothing. */
export class UnbuiltDeliveryTarget implements DeliveryTarget {
  readonly kind: Kind;
  readonly built = false;

  constructor(kind: Kind) {
    this.kind = kind;
  }

  async deliver(): Promise<Outcome> {
    const message =
      this.kind === 'sql_function'
        ? 'a sql_function is delivered inside the database, by the worker itself: nothing outside may do it'
        : `no adapter for ${this.kind} is built here`;
    return refused({ code: 'target_not_built', message, next: 'keep the route in dry run' });
  }
}
