export { addressesOf, type Heading, type LabelRule } from './address.ts';
export { canonical, type Manifest, manifestDigest } from './manifest.ts';
export { LARGEST_FILE, type MarkOptions, mark } from './mark.ts';
export type { Piece } from './pieces.ts';
export {
  loadProfile,
  type Profile,
  type ProfileData,
  profileNames,
  profileSchema,
  readProfile,
} from './profile.ts';
