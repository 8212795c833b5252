import type {Digest} from '../oci/digest.ts';
import {bootId, isAlive, ownStartTime} from '../platform/process.ts';
import {transaction} from '../state/database.ts';
import type {Database} from './store.ts';

/**
 * What a pull or a load works on is pinned by rows in `leases` before it looks whether it is there, so that nobody collects it before the
 * image record says that it is needed. The holder's name tells whether it still lives: a lease of a killed process counts for nothing.
 */
export type Lease = {
	/** Pins more. */
	add(kind: LeaseKind, keys: readonly Digest[]): void;
	/** Gives everything back; within the transaction that writes the image record, so that there is no moment between. */
	drop(): void;
};

export type LeaseKind = 'layer' | 'blob';

let counter = 0;

export function takeLease(db: Database): Lease {
	const holder = `${process.pid}:${ownStartTime()}:${bootId()}:${++counter}`;
	return {
		add(kind, keys) {
			transaction(db, () => {
				const insert = db.prepare('INSERT OR IGNORE INTO leases (holder, kind, key) VALUES (?, ?, ?)');
				for (const key of keys) insert.run(holder, kind, key);
			});
		},
		drop() {
			db.prepare('DELETE FROM leases WHERE holder = ?').run(holder);
		},
	};
}

function holderLives(holder: string): boolean {
	const [pid, startTime, boot] = holder.split(':');
	return boot === bootId() && isAlive(Number(pid), Number(startTime));
}

/** Within a transaction: forgets the leases of the dead. */
export function dropDeadLeases(db: Database): void {
	for (const {holder} of db.prepare('SELECT DISTINCT holder FROM leases').all()) {
		if (!holderLives(String(holder))) db.prepare('DELETE FROM leases WHERE holder = ?').run(String(holder));
	}
}
