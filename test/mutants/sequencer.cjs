// Runs test files in the order in which MUTANTS_ORDER names them.
const { default: Sequencer } = require('@jest/test-sequencer');

module.exports = class extends Sequencer {
  sort(tests) {
    const order = JSON.parse(process.env.MUTANTS_ORDER);
    const placeOf = ({ path }) => order.findIndex(name => path.replaceAll('\\', '/').endsWith(`/${name}`));
    return [...tests].toSorted((one, other) => placeOf(one) - placeOf(other));
  }
};
