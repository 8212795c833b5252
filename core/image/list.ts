import {EngineError} from '../errors/error.ts';
import type {Digest} from '../oci/digest.ts';
import {familiarString, parseReference, type Reference} from '../reference/reference.ts';
import {findImageId} from './find.ts';
import {parseUntil} from './until.ts';
import type {ImageSummary} from './model.ts';
import {familiarRepository} from './record.ts';
import type {Database, ImageStore} from './store.ts';

export type ListOptions = {
	/** Kept for Docker's sake: there are no intermediate images here. */
	readonly all?: boolean;
	readonly filters?: ReadonlyMap<string, readonly string[]>;
};

const none = '<none>';
const knownFilters: ReadonlySet<string> = new Set(['dangling', 'label', 'before', 'since', 'reference', 'until']);

/** A line per tag, and one for an image without any; newest first. A query or three, however many images there are. */
export function listImages({db}: Pick<ImageStore, 'db'>, {filters = new Map()}: ListOptions = {}): ImageSummary[] {
	const unknown = [...filters.keys()].find(key => !knownFilters.has(key));
	if (unknown !== undefined) throw new EngineError({code: 'filter.invalid', subject: unknown, message: `invalid filter '${unknown}'`});
	const more = readMore(db);
	const lines = readRows(db).map(row => new Line(row, more));
	return filters.size === 0 ? lines : lines.filter(makeFilter(db, filters));
}

/** Columns of the one query behind the list, in this order. */
type Row = readonly [id: Digest, createdAt: string, os: string, architecture: string, size: number, labels: string, repository: string | null, tag: string | null];

const query = `SELECT id, created_at, os, architecture, size, labels, repository, tag
	FROM images LEFT JOIN image_tags ON image_id = id ORDER BY created_at DESC, id, repository, tag`;

function readRows(db: Database): readonly Row[] {
	const statement = db.prepare(query);
	statement.setReturnArrays(true);
	return statement.all() as unknown as readonly Row[];
}

/** What a plain list does not show; read when somebody asks for it, for all images at once. */
type More = {
	readonly digest: (id: Digest, repository: string) => Digest | undefined;
	readonly repository: (id: Digest) => string | undefined;
	readonly containers: (id: Digest) => number;
};

function readMore(db: Database): More {
	const digests = once(() => Map.groupBy(db.prepare('SELECT image_id, repository, digest FROM image_digests').all(), row => String(row['image_id'])));
	const users = once(
		() =>
			new Map(
				db
					.prepare('SELECT image_id, count(*) AS count FROM containers GROUP BY image_id')
					.all()
					.map(row => [String(row['image_id']), Number(row['count'])] as const),
			),
	);
	return {
		digest: (id, repository) =>
			digests()
				.get(id)
				?.find(row => row['repository'] === repository)?.['digest'] as Digest | undefined,
		repository: id => digests().get(id)?.[0]?.['repository'] as string | undefined,
		containers: id => users().get(id) ?? 0,
	};
}

function once<T>(make: () => T): () => T {
	let made: {readonly value: T} | undefined;
	return () => (made ??= {value: make()}).value;
}

/** Its getters keep a list of hundreds of images cheap. */
class Line implements ImageSummary {
	readonly id: Digest;
	readonly repository: string;
	readonly tag: string;
	readonly createdAt: string;
	readonly size: number;
	readonly architecture: string;
	readonly os: string;
	readonly #fullName: string;
	readonly #labels: string;
	#parsed: Readonly<Record<string, string>> | undefined;
	readonly #more: More;

	constructor([id, createdAt, os, architecture, size, labels, repository, tag]: Row, more: More) {
		// Pulled by digest: it has a repository but no tag.
		const fullName = repository ?? more.repository(id) ?? none;
		this.id = id;
		this.repository = fullName === none ? none : familiarRepository(fullName);
		this.tag = tag ?? none;
		this.createdAt = createdAt;
		this.size = size;
		this.architecture = architecture;
		this.os = os;
		this.#fullName = fullName;
		this.#labels = labels;
		this.#more = more;
	}

	get labels(): Readonly<Record<string, string>> {
		return (this.#parsed ??= JSON.parse(this.#labels) as Record<string, string>);
	}

	get digest(): Digest | undefined {
		return this.#more.digest(this.id, this.#fullName);
	}

	get containers(): number {
		return this.#more.containers(this.id);
	}
}

function makeFilter(db: Database, filters: ReadonlyMap<string, readonly string[]>): (image: ImageSummary) => boolean {
	const createdAt = (ref: string) => String(db.prepare('SELECT created_at FROM images WHERE id = ?').get(findImageId(db, ref))?.['created_at']);
	const before = filters.get('before')?.map(createdAt);
	const since = filters.get('since')?.map(createdAt);
	const dangling = filters.get('dangling')?.map(parseBoolean);
	const references = filters.get('reference');
	const until = filters.get('until')?.map(parseUntil);
	return image =>
		(before?.every(time => image.createdAt < time) ?? true) &&
		(since?.every(time => image.createdAt > time) ?? true) &&
		(until?.every(time => Date.parse(image.createdAt) < time) ?? true) &&
		(dangling?.includes(image.tag === none) ?? true) &&
		(filters.get('label')?.every(label => hasLabel(image.labels, label)) ?? true) &&
		(references?.some(pattern => matchesReference(image, pattern)) ?? true);
}

function parseBoolean(text: string): boolean {
	if (/^(1|t|true)$/i.test(text)) return true;
	if (/^(0|f|false)$/i.test(text)) return false;
	throw new EngineError({code: 'filter.invalid', subject: text, message: `invalid filter 'dangling=${text}'`});
}

export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
	const equals = wanted.indexOf('=');
	if (equals === -1) return Object.hasOwn(labels, wanted);
	const key = wanted.slice(0, equals);
	return Object.hasOwn(labels, key) && labels[key] === wanted.slice(equals + 1);
}

/** Docker's: a pattern of path.Match against the name, with the tag where the pattern has one. */
function matchesReference({repository, tag}: ImageSummary, pattern: string): boolean {
	if (repository === none) return false;
	const form = globForm(pattern);
	return form.test(repository) || form.test(`${repository}:${tag}`) || form.test(fullName(repository)) || form.test(`${fullName(repository)}:${tag}`);
}

function fullName(repository: string): string {
	const reference: Reference = parseReference(repository);
	return familiarString(reference) === `${reference.domain}/${reference.path}` ? repository : `${reference.domain}/${reference.path}`;
}

/** `*` and `?` stop at a slash; brackets are a class. */
function globForm(pattern: string): RegExp {
	const body = pattern.replace(/\[(\^?)([^\]]*)\]|\*|\?|[.+^${}()|\\/[\]]/g, (found, negation: string | undefined, set: string | undefined) => {
		if (set !== undefined) return `[${negation ?? ''}${set.replace(/[\\[]/g, String.raw`\$&`)}]`;
		return found === '*' ? '[^/]*' : found === '?' ? '[^/]' : `\\${found}`;
	});
	try {
		return new RegExp(`^${body}$`);
	} catch (error) {
		throw new EngineError({code: 'filter.invalid', subject: pattern, message: `invalid filter 'reference=${pattern}'`, cause: error});
	}
}
