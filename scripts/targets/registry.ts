import { type DeliveryTarget, KINDS, type Kind } from './target.ts';
import { UnbuiltDeliveryTarget } from './unbuilt.ts';

/** One target for each of the kinds. */
export type Registry = ReadonlyMap<Kind, DeliveryTarget>;

/** A registry that refuses everything, but for the targets given. */
export function createRegistry(built: DeliveryTarget[] = []): Registry {
  const registry = new Map<Kind, DeliveryTarget>(
    KINDS.map((kind) => [kind, new UnbuiltDeliveryTarget(kind)]),
  );
  for (const target of built) registry.set(target.kind, target);
  return registry;
}

/** The kinds that a registry delivers. */
export const builtKinds = (registry: Registry): Kind[] => KINDS.filter((kind) => registry.get(kind)?.built);
