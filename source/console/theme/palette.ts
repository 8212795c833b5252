/** What a colour is for. Panes name the role; only this folder knows colours. */
export type Role =
	| 'text'
	| 'strong'
	| 'muted'
	| 'faint'
	| 'border'
	| 'focus'
	| 'title'
	| 'good'
	| 'warn'
	| 'bad'
	| 'busy'
	| 'key'
	| 'cpu'
	| 'memory'
	| 'read'
	| 'write'
	| 'receive'
	| 'send'
	| 'match'
	| 'bar'
	| 'danger';

/** Foreground, background (hex), and the sixteen-colour code and attributes that stand for them. */
export type Style = {readonly fg?: string; readonly bg?: string; readonly basic: string; readonly plain: string};

type Palette = {readonly roles: Readonly<Record<Role, Style>>; readonly selection: Style; readonly selectionIdle: Style};

const style = (fg: string | undefined, basic: string, plain = '', bg?: string): Style => ({...(fg === undefined ? {} : {fg}), ...(bg === undefined ? {} : {bg}), basic, plain});

/** `basic` are SGR codes for sixteen colours; `plain` the attributes that remain without colour. */
const dark: Palette = {
	roles: {
		text: style(undefined, ''),
		strong: style('#e6e9ef', '1', '1'),
		muted: style('#9aa3b2', '37'),
		faint: style('#6b7485', '90', '2'),
		border: style('#454c5a', '90', '2'),
		focus: style('#6ca8f0', '36'),
		title: style('#e6e9ef', '1;37', '1'),
		good: style('#8cc77a', '32'),
		warn: style('#e2b860', '33', '1'),
		bad: style('#ea7479', '91', '1'),
		busy: style('#c9a0e8', '35', '1'),
		key: style('#6ca8f0', '36', '1'),
		cpu: style('#6ca8f0', '36'),
		memory: style('#b394e0', '35'),
		read: style('#5ec4b6', '32'),
		write: style('#e0a36a', '33'),
		receive: style('#7cc58f', '32'),
		send: style('#e3c06e', '33'),
		match: style('#16181d', '30;43', '7', '#e2b860'),
		bar: style('#c3cad6', '7', '7', '#272c36'),
		danger: style('#ffffff', '97;41', '7', '#a8323a'),
	},
	selection: style(undefined, '7', '7', '#2b3b55'),
	selectionIdle: style(undefined, '4', '4', '#252a33'),
};

const light: Palette = {
	roles: {
		text: style(undefined, ''),
		strong: style('#111418', '1', '1'),
		muted: style('#4b5563', '90'),
		faint: style('#7a8494', '90', '2'),
		border: style('#b9c0ca', '90', '2'),
		focus: style('#1f5fbf', '34'),
		title: style('#111418', '1;30', '1'),
		good: style('#2c7a35', '32'),
		warn: style('#8f6400', '33', '1'),
		bad: style('#b3261e', '31', '1'),
		busy: style('#7a3fb0', '35', '1'),
		key: style('#1f5fbf', '34', '1'),
		cpu: style('#1f5fbf', '34'),
		memory: style('#7a3fb0', '35'),
		read: style('#0d7a6b', '36'),
		write: style('#a8560c', '33'),
		receive: style('#2c7a35', '32'),
		send: style('#8f6400', '33'),
		match: style('#111418', '30;43', '7', '#ffd866'),
		bar: style('#2a313c', '7', '7', '#e3e7ed'),
		danger: style('#ffffff', '97;41', '7', '#b3261e'),
	},
	selection: style(undefined, '7', '7', '#d5e4fb'),
	selectionIdle: style(undefined, '4', '4', '#ebeef3'),
};

export const palettes = {dark, light};
