// npm run keys: writes docs/keys.md from the console's one table of keys. A test holds the two together.
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {bindings, keyLabel} from '../source/console/keys/table.ts';

const places = {
	containers: 'containers',
	images: 'images',
	stats: 'stats',
	logs: 'logs',
	shell: 'shell',
	log: 'log in full',
	charts: 'charts in full',
	text: 'text',
	events: 'events',
	container: 'page of a container',
	image: 'page of an image',
	volumes: 'volumes',
	networks: 'networks',
	system: 'system',
};

const escape = text => text.replaceAll('|', '\\|');
const keysOf = ({keys}) => keys.map(key => `\`${escape(keyLabel(key))}\``).join(' ') || '(palette)';
const row = binding =>
	`| ${keysOf(binding)} | ${escape(binding.help)} | ${binding.scopes ? binding.scopes.map(scope => places[scope]).join(', ') : 'everywhere'} | \`${binding.name}\` |`;

const groups = [...new Set(bindings.map(({group}) => group))];

export const keysPage = () => `# Keys of the console

Made from \`source/console/keys/table.ts\` by \`npm run keys\`; the console shows the same with \`?\`. Lower case looks or types, upper case changes something.
Esc goes one step back and never leaves; Ctrl-d and Ctrl-u scroll and never delete. Every act is in \`:\` by its name.

Other keys are given in \`~/.config/hawser/keys.json\`: \`{"stop": ["X"], "palette": [":", "ctrl-k"]}\`. Names are those of the last column; keys are
letters, \`space\`, \`ctrl-x\`, \`f5\`, \`pageup\` and the like. A key that is given is taken from what had it in the same place.

${groups
	.map(
		group =>
			`## ${group}\n\n| key | does | where | name |\n|---|---|---|---|\n${bindings
				.filter(binding => binding.group === group)
				.map(row)
				.join('\n')}`,
	)
	.join('\n\n')}

## In questions, text boxes and shells

A question starts on No: \`y\` does it, \`n\`, Esc and Enter leave it. Where a name or a number is asked for, letters are letters. Text boxes take everything that is
typed; Ctrl-u empties, Ctrl-w takes a word. While one types in a shell all keys go there but Ctrl-]; then \`[\` and \`]\` change between shells, \`x\` closes one.

## Filters

Words must all match: \`web\` a part of any field, \`!web\` its opposite, \`~wb\` letters of the name in their order, \`label:k\` or \`label:k=v\`, \`state:exited\`, \`image:nginx\`,
\`health:unhealthy\`, \`network:back\`. In a log \`&\` keeps the lines that match: \`&!debug\` those that do not, \`&+3 error\` with three lines around each. Search and \`&\` take a
regular expression, too.
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(new URL('../docs/keys.md', import.meta.url), keysPage());
