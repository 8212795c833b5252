import type {Flag} from './flags.ts';
import type {VerbEntry} from './verb.ts';

/** Completion for shells, out of the same table as the help. */

type Completed = {
	readonly path: string;
	readonly summary: string;
	readonly flags: readonly Flag[];
	readonly objects: 'containers' | 'images' | 'networks' | 'volumes' | 'any' | 'files';
};

/** The table of commands, and the groups with their summaries. */
export type CommandTable = {readonly verbs: readonly VerbEntry[]; readonly groups: ReadonlyArray<readonly [name: string, summary: string]>};

/** By what the usage line names first. */
const kinds: ReadonlyArray<readonly [Completed['objects'], RegExp]> = [
	['networks', /\] NETWORK\b/],
	['volumes', /\] VOLUME\b/],
	['any', /NAME\|ID/],
	['containers', /\bCONTAINER\b/],
	['images', /IMAGE|REPOSITORY/],
];

async function allVerbs(verbs: readonly VerbEntry[]): Promise<Completed[]> {
	const visible = verbs.filter(({hidden}) => hidden !== true);
	const loaded = await Promise.all(
		visible.map(async ({paths, summary, load}) => {
			const {flags, usage} = await load();
			const objects = kinds.find(([, pattern]) => pattern.test(usage))?.[0] ?? 'files';
			return paths.map(path => ({path, summary, flags: flags.filter(({hidden}) => hidden !== true), objects}) satisfies Completed);
		}),
	);
	return loaded.flat();
}

export async function completionScript(shell: 'bash' | 'zsh' | 'fish', {verbs, groups}: CommandTable): Promise<string> {
	const entries = await allVerbs(verbs);
	if (shell === 'fish') return fishScript(entries, groups);
	const script = bashScript(
		entries,
		groups.map(([name]) => name),
	);
	return shell === 'bash' ? `${script}complete -F _hawser hawser\n` : `#compdef hawser\nautoload -U +X bashcompinit && bashcompinit\n${script}complete -F _hawser hawser\n`;
}

const words = (flags: readonly Flag[]): string => ['--help', ...flags.flatMap(({name, short}) => [`--${name}`, ...(short === undefined ? [] : [`-${short}`])])].join(' ');

const topNames = (entries: readonly Completed[], groups: readonly string[]): string => [...groups, ...entries.flatMap(({path}) => (path.includes(' ') ? [] : [path]))].join(' ');

const names: Readonly<Record<Exclude<Completed['objects'], 'files' | 'any'>, string>> = {
	containers: "hawser ps -a --format '{{.Names}}' 2>/dev/null",
	images: "hawser images --format '{{.Repository}}:{{.Tag}}' 2>/dev/null",
	networks: "hawser network ls --format '{{.Name}}' 2>/dev/null",
	volumes: "hawser volume ls --format '{{.Name}}' 2>/dev/null",
};

/** The program that prints the names. */
const namesOf = (objects: Exclude<Completed['objects'], 'files'>): string => (objects === 'any' ? Object.values(names).join('; ') : names[objects]);

const choose = (objects: Exclude<Completed['objects'], 'files'>): string => `COMPREPLY=($(compgen -W "$(${namesOf(objects)})" -- "$word"))`;

const OBJECTS: Readonly<Record<Completed['objects'], string>> = {
	containers: choose('containers'),
	images: choose('images'),
	networks: choose('networks'),
	volumes: choose('volumes'),
	any: choose('any'),
	files: 'COMPREPLY=($(compgen -f -- "$word"))',
};

function bashScript(entries: readonly Completed[], groups: readonly string[]): string {
	const groupCases = groups.map(group => `\t\t${group}) words="${entries.flatMap(({path}) => (path.startsWith(`${group} `) ? [path.slice(group.length + 1)] : [])).join(' ')}" ;;`);
	const verbCases = entries.map(
		({path, flags, objects}) => `\t'${path}')\n\t\tif [[ $word == -* ]]; then COMPREPLY=($(compgen -W "${words(flags)}" -- "$word")); else ${OBJECTS[objects]}; fi ;;`,
	);
	return `_hawser() {
	local word=\${COMP_WORDS[COMP_CWORD]} path= words= at
	for ((at = 1; at < COMP_CWORD; at++)); do
		[[ \${COMP_WORDS[at]} == -* ]] && continue
		path=\${path:+$path }\${COMP_WORDS[at]}
		case $path in ${groups.join(' | ')}) ;; *) break ;; esac
	done
	case \${COMP_WORDS[COMP_CWORD-1]} in --network | --net) COMPREPLY=($(compgen -W "$(${names.networks})" -- "$word")); return ;; esac
	case $path in
	'') COMPREPLY=($(compgen -W "${topNames(entries, groups)}" -- "$word")); return ;;
	${groups.join(' | ')})
		case $path in
${groupCases.join('\n')}
		esac
		COMPREPLY=($(compgen -W "$words" -- "$word")); return ;;
${verbCases.join('\n')}
	esac
}
`;
}

const fishQuote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

function fishScript(entries: readonly Completed[], groups: CommandTable['groups']): string {
	const lines = ['complete -c hawser -f'];
	for (const [group, summary] of groups) lines.push(`complete -c hawser -n __fish_use_subcommand -a ${group} -d ${fishQuote(summary)}`);
	for (const {path, summary, flags, objects} of entries) {
		const names = path.split(' ');
		const name = names.at(-1) ?? '';
		const parent = names.length > 1 ? `'__fish_seen_subcommand_from ${names[0]}'` : '__fish_use_subcommand';
		const inside = `'${names.map(word => `__fish_seen_subcommand_from ${word}`).join('; and ')}'`;
		lines.push(`complete -c hawser -n ${parent} -a ${name} -d ${fishQuote(summary)}`);
		for (const flag of flags)
			lines.push(
				`complete -c hawser -n ${inside} -l ${flag.name}${flag.short === undefined ? '' : ` -s ${flag.short}`}${flag.kind === 'bool' ? '' : ' -r'} -d ${fishQuote(flag.help.split('\n')[0] ?? '')}`,
			);
		if (objects !== 'files') lines.push(`complete -c hawser -n ${inside} -a ${fishQuote(`(${namesOf(objects)})`)}`);
	}
	return `${lines.join('\n')}\n`;
}
