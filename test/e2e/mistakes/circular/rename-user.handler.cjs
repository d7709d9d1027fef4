const command = require('./rename-user.command.cjs');

class RenameUserHandler {
  execute() {}
}
exports.RenameUserHandler = RenameUserHandler;
/** What the decorator of the handler is given when this file is loaded. */
exports.given = command.RenameUser;
