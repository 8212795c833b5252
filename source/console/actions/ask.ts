import {containerById, isLive} from '../store/select.ts';
import type {ConfirmVerb, State, Target} from '../store/state.ts';
import {type Context} from './context.ts';
import {hiddenCount} from './marks.ts';

/** So many at once are never meant by one key alone: their number is to be typed. */
const many = 5;

const protectLabel = 'hawser.protect';

const toPattern = (glob: string): RegExp =>
	new RegExp(
		`^${glob
			.split('*')
			.map(part => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'))
			.join('.*')}$`,
	);

/** By its label, or by a name in the settings (`*` stands for anything). */
export function isProtected(state: Pick<State, 'containers' | 'settings'>, {kind, id, name}: Target): boolean {
	if (kind === 'container') {
		const label = containerById(state, id)?.labels[protectLabel];
		if (label !== undefined && label !== 'false') return true;
	}
	return state.settings.protected.some(pattern => toPattern(pattern).test(name));
}

type Question = {
	readonly verb: ConfirmVerb;
	readonly what: string;
	readonly targets: readonly Target[];
	readonly details: readonly string[] /** Data is lost that cannot be had back. */;
	readonly loses?: boolean;
};

const names = (targets: readonly Target[]): string =>
	targets.length <= 8
		? targets.map(({name}) => name).join(', ')
		: `${targets
				.slice(0, 7)
				.map(({name}) => name)
				.join(', ')} and ${targets.length - 7} more`;

const nouns: Readonly<Record<Target['kind'], string>> = {container: 'containers', image: 'images', volume: 'volumes', network: 'networks'};

/** What must be typed before yes counts: the name of one, the number of many. */
function expected(state: State, {verb, targets, loses = false}: Question): string | undefined {
	const [first] = targets;
	if (!first) return undefined;
	const running =
		verb === 'remove' &&
		targets.some(({id}) => {
			const container = containerById(state, id);
			return container !== undefined && isLive(container);
		});
	const guarded = verb !== 'start' && targets.some(target => isProtected(state, target));
	if (targets.length > 1) return running || guarded || loses || targets.length > many ? String(targets.length) : undefined;
	return running || guarded || loses ? first.name : undefined;
}

/** Asks once for all of them, by name, with the focus on No. */
export function ask({store}: Context, question: Question): void {
	const state = store.getState();
	const {verb, what, targets, details} = question;
	const [first] = targets;
	if (!first) return;
	const hidden = hiddenCount(state, targets);
	const guarded = targets.filter(target => isProtected(state, target));
	const all = [
		...(targets.length > 1 ? [`${names(targets)}.`] : []),
		...(hidden > 0 && targets.length > 1 ? [`${hidden} of them ${hidden === 1 ? 'is' : 'are'} hidden by the filter.`] : []),
		...(guarded.length > 0 ? [`Protected: ${names(guarded)}.`] : []),
		...details,
	];
	const expect = expected(state, question);
	const question_ = targets.length === 1 ? `${what} ${first.name}?` : `${what} ${targets.length} ${nouns[first.kind]}?`;
	store.dispatch({type: 'overlay', overlay: {kind: 'confirm', verb, question: question_, details: all, targets, focus: 'no', typed: '', ...(expect !== undefined && {expect})}});
}
