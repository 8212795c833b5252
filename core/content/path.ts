import {existsSync} from 'node:fs';
import {algorithmOf, type Digest, hexOf} from '../oci/digest.ts';

export const ingestFolder = (root: string): string => `${root}/content/ingest`;
export const blobFolder = (root: string, algorithm: string): string => `${root}/content/blobs/${algorithm}`;

/** Where verified bytes lie. A digest is checked when it is made, so that it may be part of a path. */
export const blobPath = (root: string, digest: Digest): string => `${blobFolder(root, algorithmOf(digest))}/${hexOf(digest)}`;

/** Where bytes gather on their way; locked by hawser-layer while somebody writes, resumable when nobody does. */
export const partPath = (root: string, digest: Digest): string => `${ingestFolder(root)}/${hexOf(digest)}.part`;

export const hasBlob = (root: string, digest: Digest): boolean => existsSync(blobPath(root, digest));
