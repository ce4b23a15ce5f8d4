export {
  differingCatalogs,
  readXminSeal,
  type SealedCatalog,
  type XminSeal,
  type XminStatements,
  xminSeal,
  xminStatements,
} from './seal.ts';
