import {EngineError} from '../errors/error.ts';
import {recordEvent} from '../events/journal.ts';
import {readStatus} from '../monitor/status.ts';
import {shortDigest, type Digest} from '../oci/digest.ts';
import {parseReference, withDefaultTag, type Reference} from '../reference/reference.ts';
import {makeRoom} from '../platform/reserve.ts';
import {transaction} from '../state/database.ts';
import {collectGarbage} from './collect.ts';
import {findImageFor} from './find.ts';
import {familiarRepository} from './record.ts';
import type {Database, ImageStore} from './store.ts';

export type RemoveOptions = {readonly force?: boolean; readonly noPrune?: boolean; readonly platforms?: readonly string[]};
export type Removed = {readonly Untagged?: string; readonly Deleted?: string};

type Name = {readonly repository: string; readonly tag?: string; readonly digest?: string};
type User = {readonly id: string; readonly running: boolean};

/**
 * Takes a name away, and the image with its last name; or by id the image with all its names. An image that a container uses stays
 * on the disk until the container is gone, though force takes its names.
 */
export async function removeImage(store: ImageStore, ref: string, {force = false, noPrune = false, platforms}: RemoveOptions = {}): Promise<Removed[]> {
	makeRoom(store.root);
	const {id, names, deleted} = transaction(store.db, () => decideAndForget(store, ref, force, platforms));
	for (const name of names) recordEvent(store, {type: 'image', action: 'untag', id, attributes: {name: formatName(name)}});
	if (deleted) recordEvent(store, {type: 'image', action: 'delete', id, attributes: {name: id}});
	const untagged = names.map(name => ({Untagged: formatName(name)}));
	if (!deleted) return untagged;
	const {layers} = noPrune ? {layers: []} : await collectGarbage(store);
	return [...untagged, {Deleted: id}, ...layers.map(layer => ({Deleted: layer}))];
}

type Decision = {readonly id: Digest; readonly names: readonly Name[]; readonly deleted: boolean};

function decideAndForget(store: ImageStore, ref: string, force: boolean, platforms: readonly string[] | undefined): Decision {
	const {db} = store;
	const id = findImageFor(db, ref, platforms);
	const all = namesOf(db, id);
	const named = nameIn(all, ref);
	const names = named ? withOrphanedDigests(all, named) : all;
	const users = usersOf(store, id);
	const isLast = names.filter(isTag).length === all.filter(isTag).length;
	if (named) refuseNamed(named, id, users, {force, isLast});
	else refuseById(id, all, users, force);
	for (const name of names) forgetName(db, name, id);
	const deleted = names.length === all.length && users.length === 0;
	if (deleted) db.prepare('DELETE FROM images WHERE id = ?').run(id);
	return {id, names, deleted};
}

const isTag = (name: Name): boolean => name.tag !== undefined;

function namesOf(db: Database, id: Digest): Name[] {
	const tags = db.prepare('SELECT repository, tag FROM image_tags WHERE image_id = ? ORDER BY repository, tag').all(id);
	const digests = db.prepare('SELECT repository, digest FROM image_digests WHERE image_id = ? ORDER BY repository, digest').all(id);
	return [...tags, ...digests] as unknown as Name[];
}

/** The one of the image's names that `ref` is; undefined when it is the image's id. */
function nameIn(names: readonly Name[], ref: string): Name | undefined {
	let reference: Reference;
	try {
		reference = withDefaultTag(parseReference(ref));
	} catch {
		return undefined;
	}
	const repository = `${reference.domain}/${reference.path}`;
	return names.find(name => name.repository === repository && (reference.digest ? name.digest === reference.digest : name.tag === reference.tag));
}

/** With the last tag of a repository its digests go too. */
function withOrphanedDigests(all: readonly Name[], named: Name): Name[] {
	const siblings = all.filter(name => name.repository === named.repository && name !== named);
	return isTag(named) && !siblings.some(isTag) ? [named, ...siblings] : [named];
}

function usersOf({db, state}: ImageStore, id: Digest): User[] {
	return db
		.prepare('SELECT id FROM containers WHERE image_id = ?')
		.all(id)
		.map(row => {
			const seen = readStatus(`${state}/containers/${String(row['id'])}`);
			return {id: String(row['id']), running: seen?.alive === true && seen.status.state !== 'exited' && seen.status.state !== 'created'};
		});
}

const conflict = (subject: string, message: string, hint?: string): EngineError => new EngineError({code: 'image.in-use', subject, message: `conflict: ${message}`, hint});

function refuseNamed(named: Name, id: Digest, users: readonly User[], {force, isLast}: {force: boolean; isLast: boolean}): void {
	const [user] = users;
	if (force || !isLast || !user) return;
	const name = formatName(named);
	throw conflict(
		name,
		`unable to remove repository reference "${name}" (must force) - container ${user.id.slice(0, 12)} is using its referenced image ${shortDigest(id)}`,
		'Remove the container first.',
	);
}

function refuseById(id: Digest, names: readonly Name[], users: readonly User[], force: boolean): void {
	const running = users.find(user => user.running);
	const what = `unable to delete ${shortDigest(id)}`;
	if (running) throw conflict(id, `${what} (cannot be forced) - image is being used by running container ${running.id.slice(0, 12)}`, 'Stop and remove the container first.');
	if (force) return;
	if (new Set(names.map(name => name.repository)).size > 1) throw conflict(id, `${what} (must be forced) - image is referenced in multiple repositories`);
	const [stopped] = users;
	if (stopped) throw conflict(id, `${what} (must be forced) - image is being used by stopped container ${stopped.id.slice(0, 12)}`, 'Remove the container first.');
}

function forgetName(db: Database, {repository, tag, digest}: Name, id: Digest): void {
	if (tag !== undefined) db.prepare('DELETE FROM image_tags WHERE repository = ? AND tag = ?').run(repository, tag);
	else if (digest !== undefined) db.prepare('DELETE FROM image_digests WHERE repository = ? AND digest = ? AND image_id = ?').run(repository, digest, id);
}

const formatName = ({repository, tag, digest}: Name): string => `${familiarRepository(repository)}${tag === undefined ? `@${digest}` : `:${tag}`}`;
