-- Uses a database file, several statements a transaction, an index, a trigger, sorting. Prints the same on every engine.
.bail on
.open /out/words.db
create table words(id integer primary key, word text not null, weight real);
create table log(what text);
create trigger noted after delete on words begin insert into log values ('deleted ' || old.word); end;
begin;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
  insert into words select i, printf('word-%05d', (i * 7919) % 5000), (i * 37 % 1000) / 8.0 from n;
commit;
create unique index by_word on words(word);
select count(*), min(word), max(word), sum(weight) from words;
select id, word from words where word between 'word-00010' and 'word-00013' order by word desc;
begin;
delete from words where id > 2500;
rollback;
delete from words where id % 1000 = 0;
select count(*) from words;
select * from log order by 1;
select word, row_number() over (order by weight, word) from words order by weight, word limit 3;
select group_concat(word, ' ') from (select word from words order by word limit 3);
.mode csv
select 1.5, 'a,b', null, x'616263';
.mode list
update words set word = upper(word) where id < 4;
select word from words where id < 4 order by id;
vacuum;
.open :memory:
-- This build's own file system swallows pragmas of a file that is the main database.
attach '/out/words.db' as file;
pragma integrity_check;
create table mine as select word from file.words where id < 4;
select count(*) from file.words;
select * from mine order by word;
select * from nowhere;
select 'not reached';
