import type {openDatabase} from '../state/database.ts';

/** The open records. */
export type Database = ReturnType<typeof openDatabase>;

/** What images need of the open engine. */
export type ImageStore = {
	readonly root: string;
	readonly state: string;
	readonly native: {readonly layer: string};
	readonly db: Database;
};
