/** With CI in the environment Ink draws only the last frame, and chalk no colour, even on a terminal: it is gone before they load. */
delete process.env['CI'];

export {};
