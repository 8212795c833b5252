import type {DatabaseSync} from 'node:sqlite';

/** What images need of the open engine. */
export type ImageStore = {
	readonly root: string;
	readonly state: string;
	readonly native: {readonly layer: string};
	readonly db: DatabaseSync;
};
