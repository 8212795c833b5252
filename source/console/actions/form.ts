import type {FormField, FormPurpose, Overlay, Target} from '../store/state.ts';
import {type Context, complain, inform, runTask} from './context.ts';
import {containerTargets, imageTargets} from './marks.ts';
import {openSelf, splitWords} from './shell.ts';
import {containerById, isLive} from '../store/select.ts';
import {formatBytes} from '../format.ts';

type Form = Extract<Overlay, {kind: 'form'}>;

const field = (name: string, label: string, hint: string, value = ''): FormField => ({name, label, hint, value, before: value});

const plainBytes = (bytes: number | undefined): string =>
	bytes === undefined || bytes <= 0
		? ''
		: formatBytes(bytes)
				.replace(/\.0 | /, '')
				.replace('iB', '')
				.toLowerCase();

/** `L`: limits of one container, changed while it runs. What is left as it was is not touched. */
export function askLimits(context: Context): void {
	const [target] = containerTargets(context);
	const container = target && containerById(context.store.getState(), target.id);
	if (!container) return;
	const {memory, memorySwap, nanoCpus, cpuShares, pidsLimit, cpusetCpus} = container.resources;
	const fields = [
		field('memory', 'Memory', '512m, 2g; 0: no limit', plainBytes(memory)),
		field('memory-swap', 'Memory and swap', '1g; -1: no limit', plainBytes(memorySwap)),
		field('cpus', 'CPUs', '1.5', nanoCpus === undefined ? '' : String(nanoCpus / 1e9)),
		field('cpu-shares', 'CPU weight', '1024 is usual', cpuShares === undefined ? '' : String(cpuShares)),
		field('cpuset-cpus', 'On processors', '0-3,5', cpusetCpus ?? ''),
		field('pids-limit', 'Processes', '200; -1: no limit', pidsLimit === undefined ? '' : String(pidsLimit)),
		field('restart', 'Restart', 'no, always, unless-stopped, on-failure:3'),
	];
	context.store.dispatch({
		type: 'overlay',
		overlay: {kind: 'form', purpose: 'limits', title: `Limits of ${target.name}${isLive(container) ? ', live' : ''}`, fields, index: 0, target},
	});
}

/** `N`: a new container of an image. */
export function askRun(context: Context): void {
	const [target] = imageTargets(context);
	if (!target) return;
	const fields = [
		field('name', 'Name', 'drawn where empty'),
		field('publish', 'Ports', '8080:80 8443:443'),
		field('volume', 'Volumes', 'data:/var/lib/data /srv:/srv:ro'),
		field('env', 'Environment', 'KEY=value OTHER=value'),
		field('network', 'Network', 'bridge where empty; none, host, or a name'),
		field('memory', 'Memory', '512m'),
		field('cpus', 'CPUs', '1.5'),
		field('restart', 'Restart', 'no where empty; unless-stopped, on-failure:3'),
		field('terminal', 'In a terminal', 'yes: with a shell pane, and removed at its end'),
		field('command', 'Command', 'of the image where empty'),
	];
	context.store.dispatch({type: 'overlay', overlay: {kind: 'form', purpose: 'run', title: `New container of ${target.name}`, fields, index: 0, target}});
}

export function askTag(context: Context): void {
	const [target] = imageTargets(context);
	if (target)
		context.store.dispatch({
			type: 'overlay',
			overlay: {kind: 'form', purpose: 'tag', title: `Another name for ${target.name}`, fields: [field('tag', 'Name', 'repository:tag')], index: 0, target},
		});
}

const repeated = new Set(['publish', 'volume', 'env']);

const valueOf = ({fields}: Pick<Form, 'fields'>, name: string): string => fields.find(found => found.name === name)?.value.trim() ?? '';

/** An interactive run is in the hands of who sits here, and goes when it ends. */
const inTerminal = (form: Pick<Form, 'fields'>): boolean => /^y/i.test(valueOf(form, 'terminal'));

function flags({fields}: Pick<Form, 'fields'>): string[] {
	return fields
		.filter(({name, value, before}) => !/^(terminal|command|tag)$/.test(name) && value.trim() !== before)
		.flatMap(({name, value}) => (repeated.has(name) ? splitWords(value).map(word => [`--${name}`, word]) : [[`--${name}`, value.trim()]]))
		.flat();
}

const isChanged = ({fields}: Pick<Form, 'fields'>, name: string): boolean => fields.some(field => field.name === name && field.value.trim() !== field.before);

/** A limit of memory alone is refused where there was none of both: as `run` does, as much swap again. */
function swapWithMemory(form: Pick<Form, 'fields'>): string[] {
	const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-z]*)$/i.exec(valueOf(form, 'memory')) ?? [];
	if (!isChanged(form, 'memory') || isChanged(form, 'memory-swap') || number === '') return [];
	return ['--memory-swap', Number(number) === 0 ? '-1' : `${Number(number) * 2}${unit}`];
}

/** The words of the command that the form stands for: shown while it is filled in, and run as they are. */
export const formCommand: Readonly<Record<FormPurpose, (form: Pick<Form, 'fields' | 'target'>) => readonly string[]>> = {
	limits: form => ['update', ...flags(form), ...swapWithMemory(form), form.target.id.slice(0, 12)],
	run: form => ['run', ...(inTerminal(form) ? ['-it', '--rm'] : ['-d']), ...flags(form), form.target.id, ...splitWords(valueOf(form, 'command'))],
	tag: form => ['tag', form.target.id, valueOf(form, 'tag')],
};

const words: Readonly<Record<FormPurpose, {readonly verb: string; readonly phase: (target: Target) => string}>> = {
	limits: {verb: 'limiting', phase: ({name}) => `Changing the limits of ${name}…`},
	run: {verb: 'running', phase: ({name}) => `Running ${name}…`},
	tag: {verb: 'tagging', phase: ({name}) => `Tagging ${name}…`},
};

export async function submitForm(context: Context, form: Form): Promise<void> {
	const {purpose, target} = form;
	const command = formCommand[purpose](form);
	if (purpose === 'limits' && flags(form).length === 0) return inform(context, 'Nothing was changed');
	if (purpose === 'tag' && valueOf(form, 'tag') === '') return inform(context, 'A name is needed');
	if (purpose === 'run' && inTerminal(form)) return openSelf(context, `Run · ${target.name}`, command).catch(error => complain(context, error));
	await runTask(context, target, {verb: words[purpose].verb, phase: words[purpose].phase(target)}, async () => {
		const said = await context.engine.command(command);
		if (said !== '') inform(context, said.split('\n')[0] ?? '');
	});
}
