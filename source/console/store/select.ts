import type {ContainerSummary, ImageSummary} from './engine-port.ts';
import {createFilter, type Fields} from './filter.ts';
import {type Sheet, type SheetRow, sheetRows} from './sheet.ts';
import type {ListId, ListState, LiveStats, State, Target} from './state.ts';

/** Remembers the last answer: selectors are asked many times a frame, and their inputs rarely change. */
function memoize<Inputs extends readonly unknown[], Value>(compute: (...inputs: Inputs) => Value): (...inputs: Inputs) => Value {
	let last: {readonly inputs: Inputs; readonly value: Value} | undefined;
	return (...inputs) => {
		if (last === undefined || inputs.some((input, index) => input !== last?.inputs[index])) last = {inputs, value: compute(...inputs)};
		return last.value;
	};
}

const statusOrder: Readonly<Record<ContainerSummary['status'], number>> = {running: 0, stopping: 0, restarting: 0, paused: 1, removing: 2, created: 3, exited: 4, dead: 5};

export const isLive = ({status}: ContainerSummary): boolean => status === 'running' || status === 'paused' || status === 'stopping' || status === 'restarting';

type StatsMap = ReadonlyMap<string, LiveStats>;
type Order<Item> = (a: Item, b: Item) => number;

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const collator = new Intl.Collator('en', {numeric: true});

/** `c2` before `c10`. */
const byName = (a: string, b: string): number => collator.compare(a, b) || byText(a, b);

/** What `o` offers for containers; the first is the default. */
export const containerSorts: Readonly<Record<string, {readonly label: string; readonly order: (stats: StatsMap) => Order<ContainerSummary>}>> = {
	state: {label: 'State, then name', order: () => (a, b) => statusOrder[a.status] - statusOrder[b.status] || byName(a.name, b.name)},
	name: {label: 'Name', order: () => (a, b) => byName(a.name, b.name)},
	image: {label: 'Image', order: () => (a, b) => byName(a.image, b.image) || byName(a.name, b.name)},
	cpu: {label: 'CPU, highest first', order: stats => (a, b) => smooth(stats.get(b.id)) - smooth(stats.get(a.id)) || byName(a.name, b.name)},
	memory: {label: 'Memory, highest first', order: stats => (a, b) => (stats.get(b.id)?.second.memory ?? -1) - (stats.get(a.id)?.second.memory ?? -1) || byName(a.name, b.name)},
	created: {label: 'Created, newest first', order: () => (a, b) => byText(b.createdAt, a.createdAt)},
};

export const imageSorts: Readonly<Record<string, {readonly label: string; readonly order: Order<ImageSummary>}>> = {
	name: {label: 'Repository and tag', order: (a, b) => byName(a.repository, b.repository) || byName(a.tag, b.tag)},
	created: {label: 'Created, newest first', order: (a, b) => byText(b.createdAt, a.createdAt)},
	size: {label: 'Size, largest first', order: (a, b) => b.size - a.size},
};

/** Rows that swap places every second cannot be read: order by the mean of the last readings, in whole percents. */
const smooth = (stats: LiveStats | undefined): number =>
	stats === undefined || stats.trend.length === 0 ? -1 : Math.round(stats.trend.reduce((sum, value) => sum + value, 0) / stats.trend.length);

export const containerFields = (container: ContainerSummary): Fields => ({
	text: [container.name, container.image, container.id.slice(0, 12), container.status],
	named: {
		state: container.status,
		status: container.status,
		name: container.name,
		image: container.image,
		id: container.id,
		health: container.health ?? '',
		network: Object.keys(container.networks).join(' '),
	},
	labels: container.labels,
});

export const imageName = ({repository, tag, id}: ImageSummary): string => (repository === '<none>' ? `<none>@${id.slice(7, 19)}` : `${repository}:${tag}`);

export const imageKey = (image: ImageSummary): string => `${image.id} ${image.repository}:${image.tag}`;

export const imageFields = (image: ImageSummary): Fields => ({
	text: [imageName(image), image.id.slice(7, 19)],
	named: {tag: image.tag, repository: image.repository, id: image.id, name: imageName(image)},
	labels: image.labels,
});

const emptyStats: StatsMap = new Map();

const chooseContainers = memoize((containers: readonly ContainerSummary[], showStopped: boolean, filter: string, sort: string, reverse: boolean, stats: StatsMap) => {
	const matches = createFilter(filter);
	// A filter that names a state looks for what is hidden, too.
	const all = showStopped || /\bstat(e|us):/.test(filter);
	const chosen = containers.filter(container => (all || isLive(container)) && matches(containerFields(container)));
	chosen.sort((containerSorts[sort] ?? containerSorts['state'])?.order(stats));
	return reverse ? chosen.toReversed() : chosen;
});

export function visibleContainers({containers, showStopped, lists, stats}: State): readonly ContainerSummary[] {
	const {filter, sort, reverse} = lists.containers;
	return chooseContainers(containers, showStopped, filter, sort, reverse, sort === 'cpu' || sort === 'memory' ? stats : emptyStats);
}

const chooseImages = memoize((images: readonly ImageSummary[], {filter, sort, reverse}: Pick<ListState, 'filter' | 'sort' | 'reverse'>) => {
	const matches = createFilter(filter);
	const chosen = images.filter(image => matches(imageFields(image))).sort((imageSorts[sort] ?? imageSorts['name'])?.order);
	return reverse ? chosen.toReversed() : chosen;
});

let imageOrder: Pick<ListState, 'filter' | 'sort' | 'reverse'> | undefined;

export function visibleImages({images, lists}: State): readonly ImageSummary[] {
	const {filter, sort, reverse} = lists.images;
	if (imageOrder?.filter !== filter || imageOrder.sort !== sort || imageOrder.reverse !== reverse) imageOrder = {filter, sort, reverse};
	return chooseImages(images, imageOrder);
}

export const containerById = ({containers}: Pick<State, 'containers'>, id: string | undefined): ContainerSummary | undefined =>
	id === undefined ? undefined : containers.find(container => container.id === id);

/** The container that the screen is about: the one whose page is open, else the one under the cursor. */
export const currentId = ({page, lists}: Pick<State, 'page' | 'lists'>): string | undefined => (page?.kind === 'container' ? page.target?.id : lists.containers.selected);

export const selectedContainer = (state: State): ContainerSummary | undefined => containerById(state, currentId(state));

export const selectedImage = ({images, page, lists}: State): ImageSummary | undefined =>
	images.find(image => (page?.kind === 'image' ? image.id === page.target?.id : imageKey(image) === lists.images.selected));

const chooseRows = memoize((sheet: Sheet, filter: string, sort: string, reverse: boolean) => sheetRows(sheet, {filter, sort, reverse}));

export function visibleRows({sheet, lists}: Pick<State, 'sheet' | 'lists'>): readonly SheetRow[] {
	const {filter, sort, reverse} = lists.sheet;
	return chooseRows(sheet, filter, sort, reverse);
}

export const selectedRow = (state: Pick<State, 'sheet' | 'lists'>): SheetRow | undefined => visibleRows(state).find(({node}) => node.key === state.lists.sheet.selected);

/** The list that keys are for. */
export const listInFocus = ({view, focus}: Pick<State, 'view' | 'focus'>): ListId => (view === 'sheet' ? 'sheet' : focus === 'images' ? 'images' : 'containers');

export const containerTarget = ({id, name}: ContainerSummary): Target => ({kind: 'container', id, name});
