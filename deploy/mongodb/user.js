// Makes the user that the search service logs in as. MongoDB's image runs this once, while the data folder is empty.
db.getSiblingDB('lookalike').createUser({
  user: 'lookalike',
  pwd: process.env.LOOKALIKE_PASSWORD,
  roles: [{ role: 'readWrite', db: 'lookalike' }],
});
