import anyTest, {type TestFn} from 'ava';
import {findImage} from '../../core/image/find.ts';
import {imageHistory} from '../../core/image/history.ts';
import {inspectImage} from '../../core/image/inspect.ts';
import {listImages} from '../../core/image/list.ts';
import {addDigest, setTag} from '../../core/image/record.ts';
import {tagImage} from '../../core/image/tag.ts';
import {shortDigest, type Digest} from '../../core/oci/digest.ts';
import {parseReference} from '../../core/reference/reference.ts';
import {makeImage, makeTar, type MadeImage} from '../helpers/registry-image.ts';
import {makeStore, recordContainer, recordImage, type TestStore} from '../helpers/registry-store.ts';

const test = anyTest as TestFn<{store: TestStore}>;

const older = makeImage({config: {created: '2023-01-01T00:00:00Z', config: {Labels: {tier: 'web'}}}});
const newer = makeImage({config: {created: '2024-01-01T00:00:00Z'}, layers: [makeTar([{name: 'a'}]), makeTar([{name: 'b'}])]});

test.beforeEach(t => {
	t.context.store = makeStore();
});
test.afterEach.always(t => t.context.store.close());

function name({db}: TestStore, id: Digest, text: string): void {
	setTag(db, parseReference(text), id);
}

function storeBoth(store: TestStore): void {
	name(store, recordImage(store, older), 'web:1');
	name(store, recordImage(store, newer, [2000, 3000]), 'localhost:5000/db:2');
	addDigest(store.db, parseReference('localhost:5000/db'), newer.manifest.digest, newer.config.digest);
}

const lines = (store: TestStore, filters: Record<string, string[]> = {}) =>
	listImages(store, {filters: new Map(Object.entries(filters))}).map(({repository, tag}) => `${repository}:${tag}`);

test('images are listed newest first, a line per tag, with their unpacked size', t => {
	const {store} = t.context;
	storeBoth(store);
	tagImage(store, 'web:1', 'shop/web');
	t.deepEqual(lines(store), ['localhost:5000/db:2', 'web:1', 'shop/web:latest']);
	const [first] = listImages(store);
	t.is(first?.size, 5000);
	t.is(first?.digest, newer.manifest.digest);
	t.is(first?.containers, 0);
});

test('an image that lost its name is listed without one', t => {
	const {store} = t.context;
	storeBoth(store);
	name(store, newer.config.digest, 'web:1');
	t.deepEqual(lines(store), ['web:1', 'localhost:5000/db:2', '<none>:<none>']);
	t.deepEqual(lines(store, {dangling: ['true']}), ['<none>:<none>']);
	t.deepEqual(lines(store, {dangling: ['false']}), ['web:1', 'localhost:5000/db:2']);
});

test('images are filtered as with Docker', t => {
	const {store} = t.context;
	storeBoth(store);
	t.deepEqual(lines(store, {label: ['tier=web']}), ['web:1']);
	t.deepEqual(lines(store, {label: ['tier']}), ['web:1']);
	t.deepEqual(lines(store, {label: ['tier=db']}), []);
	t.deepEqual(lines(store, {reference: ['we*']}), ['web:1']);
	t.deepEqual(lines(store, {reference: ['w?b:[0-9]']}), ['web:1']);
	t.deepEqual(lines(store, {reference: ['localhost:5000/*']}), ['localhost:5000/db:2']);
	t.deepEqual(lines(store, {reference: ['*']}), ['web:1']);
	t.deepEqual(lines(store, {before: ['localhost:5000/db:2']}), ['web:1']);
	t.deepEqual(lines(store, {since: ['web:1']}), ['localhost:5000/db:2']);
	t.deepEqual(lines(store, {until: ['2023-06-01T00:00:00Z']}), ['web:1']);
	t.deepEqual(lines(store, {until: ['24h']}), ['localhost:5000/db:2', 'web:1']);
	t.throws(() => lines(store, {colour: ['red']}), {message: "invalid filter 'colour'"});
});

test('an image is found by name, digest, id and the beginning of its id', t => {
	const {store} = t.context;
	storeBoth(store);
	const id = older.config.digest;
	for (const ref of ['web:1', 'docker.io/library/web:1', id, id.slice(7), shortDigest(id), id.slice(0, 12)]) t.is(findImage(store, ref).id, id, ref);
	t.is(findImage(store, `localhost:5000/db@${newer.manifest.digest}`).id, newer.config.digest);
	for (const [ref, said] of [
		['web', 'web:latest'],
		['docker.io/library/nope:2', 'nope:2'],
		['f'.repeat(64), `sha256:${'f'.repeat(64)}`],
		['0000000', '0000000:latest'],
		[`web@${newer.manifest.digest}`, `web@${newer.manifest.digest}`],
	] as const)
		t.throws(() => findImage(store, ref), {message: `No such image: ${said}`, code: 'image.not-found'});
	t.throws(() => findImage(store, 'Bad Name'), {code: 'reference.invalid'});
});

test('a name goes before the beginning of an id', t => {
	const {store} = t.context;
	storeBoth(store);
	name(store, newer.config.digest, shortDigest(older.config.digest));
	t.is(findImage(store, shortDigest(older.config.digest)).id, newer.config.digest);
});

test('inspect has the shape that Docker gives it', t => {
	const {store} = t.context;
	storeBoth(store);
	const seen = inspectImage(store, 'localhost:5000/db:2');
	t.like(seen, {
		Id: newer.config.digest,
		RepoTags: ['localhost:5000/db:2'],
		RepoDigests: [`localhost:5000/db@${newer.manifest.digest}`],
		Created: '2024-01-01T00:00:00Z',
		Size: 5000,
		Os: 'linux',
		Config: {Cmd: ['/hello'], Env: ['PATH=/bin'], Labels: {purpose: 'test'}, Entrypoint: null, User: ''},
		RootFS: {Type: 'layers', Layers: [...newer.diffIds]},
	});
	t.notThrows(() => JSON.stringify(seen));
});

test('history tells the steps, newest first, with the size of each layer', t => {
	const {store} = t.context;
	const stepped: MadeImage = makeImage({
		layers: [makeTar([{name: 'a'}]), makeTar([{name: 'b'}])],
		config: {
			history: [
				{created: '2024-01-01T00:00:00Z', created_by: 'ADD a'},
				{created_by: 'ENV x=y', empty_layer: true},
				{created_by: 'ADD b', comment: 'buildkit'},
			],
		},
	});
	name(store, recordImage(store, stepped, [10, 20]), 'app');
	t.deepEqual(
		imageHistory(store, 'app').map(({Id, CreatedBy, Size, Comment, Created}) => [Id === '<missing>', CreatedBy, Size, Comment, Created]),
		[
			[false, 'ADD b', 20, 'buildkit', 0],
			[true, 'ENV x=y', 0, '', 0],
			[true, 'ADD a', 10, '', 1_704_067_200],
		],
	);
});

test('a tag moves from image to image, and cannot be a digest', t => {
	const {store} = t.context;
	storeBoth(store);
	tagImage(store, 'localhost:5000/db:2', 'web:1');
	t.is(findImage(store, 'web:1').id, newer.config.digest);
	t.throws(() => tagImage(store, 'web:1', `web@${newer.manifest.digest}`), {message: /refusing to create a tag with a digest reference/});
	t.throws(() => tagImage(store, 'nope', 'x'), {message: 'No such image: nope:latest'});
});

test('the list counts the containers of each image', t => {
	const {store} = t.context;
	storeBoth(store);
	recordContainer(store, 'one', older.config.digest);
	recordContainer(store, 'two', older.config.digest);
	t.deepEqual(
		listImages(store).map(({containers}) => containers),
		[0, 2],
	);
});
