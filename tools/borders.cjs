// The borders between the folders, each with its reason; `npm run check` and test/borders.test.ts run them.
const only = (name, comment, from, to) => ({name, comment, severity: 'error', from, to});

module.exports = {
	forbidden: [
		only('no-cycles', 'A cycle means that two files cannot be understood apart.', {}, {circular: true}),
		only(
			'core-through-its-door',
			'The console and the commands use the engine as anybody would: by core/index.ts. Types may be named where they live: they cost and bind nothing at run time.',
			{path: '^source/'},
			{path: '^core/', pathNot: '^core/index\\.js$'},
		),
		only(
			'core-draws-nothing',
			'The engine is a library: no React, no Ink, no settings of the console.',
			{path: '^core/'},
			{path: '^source/|node_modules/(ink|react|conf|blessed)'},
		),
		only(
			'one-user-of-child-process',
			'Every program that we start is started in one place, with a clean environment.',
			{path: '^core/', pathNot: '^core/(platform|monitor)/'},
			{path: '^(node:)?child_process$'},
		),
		only(
			'one-user-of-sqlite',
			'Records have one door, core/state; others get the handle, and its type from there.',
			{path: '^core/', pathNot: '^core/state/'},
			{path: '^(node:)?sqlite$'},
		),
		only(
			'leaves-know-nobody',
			'errors, oci and reference are leaves: they can be read alone.',
			{path: '^core/(errors|reference)/'},
			{path: '^core/', pathNot: '^core/(errors|reference|oci)/'},
		),
		only('widgets-know-no-containers', 'A widget draws what it is given.', {path: '^source/console/widgets/'}, {path: '^core/|^source/console/(store|actions|panes)/'}),
		only('nothing-needs-tests', 'What ships does not import tests, pictures or tools.', {path: '^(core|source)/'}, {path: '^(test|media|tools)/', pathNot: '^tools/types/'}),
	],
	options: {
		doNotFollow: {path: 'node_modules'},
		enhancedResolveOptions: {extensions: ['.js', '.cjs']},
	},
};
