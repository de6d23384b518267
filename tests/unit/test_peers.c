#include "harness.h"
#include "link/peers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUDGET = 1 << 20, ITEM = 1000, MANY = 5000 };

static link_peer *peer_of(link_peers *t, uint32_t number)
{
    link_peer *p = link_peers_at(t, &number, sizeof number, number);
    REQUIRE(p != NULL);
    return p;
}

/* As many items of one peer as its share has room for; NULL-ended. */
static size_t flood(link_peers *t, link_peer *p, link_item *item, size_t most)
{
    size_t n = 0;
    while (n < most && link_peers_hold(t, p, &item[n], ITEM, NULL) == ERR_NONE)
        n++;
    return n;
}

static void a_peer_holds_at_most_as_much_as_is_free(void)
{
    static link_item first[MANY], second[MANY], third;
    link_peers *t = link_peers_create(10, BUDGET);
    REQUIRE(t != NULL);
    err e = {0};
    size_t a = flood(t, peer_of(t, 1), first, MANY);
    CHECK(a * ITEM <= BUDGET / 2 && (a + 1) * ITEM > BUDGET / 2);
    CHECK(link_peers_hold(t, peer_of(t, 1), &third, ITEM, &e) == ERR_STATE);
    CHECK(strstr(e.text, "as much as is free") != NULL);
    size_t b = flood(t, peer_of(t, 2), second, MANY);
    CHECK(b > 0 && b * ITEM <= BUDGET / 4);
    CHECK(link_peers_bytes(t) == (a + b) * ITEM && link_peers_bytes(t) < BUDGET);
    CHECK(link_peers_hold(t, peer_of(t, 3), &third, ITEM, &e) == ERR_NONE); /* there is room */
    for (size_t i = 0; i < a; i++)
        link_peers_release(t, &first[i]);
    for (size_t i = 0; i < b; i++)
        link_peers_release(t, &second[i]);
    link_peers_release(t, &third);
    CHECK(link_peers_bytes(t) == 0 && peer_of(t, 1)->items == 0);
    CHECK(link_peers_hold(t, peer_of(t, 3), &third, BUDGET + 1, &e) == ERR_STATE);
    CHECK(link_peers_hold(t, peer_of(t, 3), &third, SIZE_MAX, &e) == ERR_STATE);
    link_peers_free(t);
}

/* However much one peer has waiting, another's item comes after one of it at most. */
static void peers_are_served_by_turns(void)
{
    static link_item many[100], few[2];
    link_peers *t = link_peers_create(10, BUDGET);
    REQUIRE(t != NULL);
    for (size_t i = 0; i < 100; i++) {
        REQUIRE(link_peers_hold(t, peer_of(t, 1), &many[i], ITEM, NULL) == ERR_NONE);
        link_peers_wait(t, &many[i]);
    }
    CHECK(link_peers_next(t, NULL) == &many[0]);
    for (size_t i = 0; i < 2; i++) {
        REQUIRE(link_peers_hold(t, peer_of(t, 2), &few[i], ITEM, NULL) == ERR_NONE);
        link_peers_wait(t, &few[i]);
    }
    CHECK(link_peers_waiting(t) == 101);
    CHECK(link_peers_next(t, NULL) == &many[1] && link_peers_next(t, NULL) == &few[0]);
    CHECK(link_peers_next(t, NULL) == &many[2] && link_peers_next(t, NULL) == &few[1]);
    for (size_t i = 3; i < 100; i++)
        CHECK(link_peers_next(t, NULL) == &many[i]);
    CHECK(link_peers_next(t, NULL) == NULL && link_peers_waiting(t) == 0);
    link_peers_put_back(t, &many[5]);
    link_peers_put_back(t, &many[4]);
    CHECK(link_peers_next(t, NULL) == &many[4] && link_peers_next(t, NULL) == &many[5]);
    for (size_t i = 0; i < 100; i++)
        link_peers_release(t, &many[i]);
    link_peers_release(t, &few[0]);
    link_peers_release(t, &few[1]);
    CHECK(link_peers_bytes(t) == 0);
    link_peers_free(t);
}

static link_item *blocked;

static bool is_not_blocked(link_item *item)
{
    return item != blocked;
}

static void an_item_that_is_not_ready_is_passed_over(void)
{
    link_item a[2] = {0}, b = {0};
    link_peers *t = link_peers_create(10, BUDGET);
    REQUIRE(t != NULL);
    link_item *all[] = {&a[0], &a[1], &b};
    for (size_t i = 0; i < 3; i++) {
        REQUIRE(link_peers_hold(t, peer_of(t, i < 2 ? 1 : 2), all[i], ITEM, NULL) == ERR_NONE);
        link_peers_wait(t, all[i]);
    }
    blocked = &a[0];
    CHECK(link_peers_next(t, is_not_blocked) == &a[1]);
    CHECK(link_peers_next(t, is_not_blocked) == &b);
    CHECK(link_peers_next(t, is_not_blocked) == NULL && link_peers_waiting(t) == 1);
    blocked = NULL;
    CHECK(link_peers_next(t, is_not_blocked) == &a[0]);
    for (size_t i = 0; i < 3; i++)
        link_peers_release(t, all[i]);
    link_peers_free(t);
}

static void what_was_given_up_counts_for_what_is_left(void)
{
    link_item a = {0}, b = {0};
    link_peers *t = link_peers_create(10, BUDGET);
    REQUIRE(t != NULL);
    link_peer *p = peer_of(t, 1);
    REQUIRE(link_peers_hold(t, p, &a, ITEM, NULL) == ERR_NONE);
    REQUIRE(link_peers_hold(t, p, &b, ITEM, NULL) == ERR_NONE);
    CHECK(TAILQ_FIRST(&p->held) == &a);
    link_peers_give_up(t, &a, 10);
    CHECK(TAILQ_FIRST(&p->held) == &b && p->bytes == ITEM + 10 && link_peers_bytes(t) == p->bytes);
    link_peers_release(t, &a);
    link_peers_release(t, &b);
    link_peers_release(t, &b); /* nothing is left to release */
    CHECK(p->bytes == 0 && p->items == 0 && link_peers_bytes(t) == 0);
    link_peers_free(t);
}

/* A peer that holds something stays; of the others the one that was silent longest goes. */
static void the_table_is_bounded(void)
{
    link_item item = {0};
    link_peers *t = link_peers_create(3, BUDGET);
    REQUIRE(t != NULL);
    uint64_t first = peer_of(t, 1)->serial, second = peer_of(t, 2)->serial;
    REQUIRE(link_peers_hold(t, peer_of(t, 1), &item, ITEM, NULL) == ERR_NONE);
    peer_of(t, 3);
    peer_of(t, 4);
    CHECK(link_peers_count(t) == 3);
    CHECK(link_peers_with(t, first) && !link_peers_with(t, second));
    uint32_t number = 2;
    CHECK(link_peers_find(t, &number, sizeof number) == NULL);
    CHECK(peer_of(t, 2)->serial != second); /* no two have the same */
    static link_item held[2];
    REQUIRE(link_peers_hold(t, peer_of(t, 2), &held[0], ITEM, NULL) == ERR_NONE);
    REQUIRE(link_peers_hold(t, peer_of(t, 4), &held[1], ITEM, NULL) == ERR_NONE);
    number = 9;
    CHECK(link_peers_at(t, &number, sizeof number, 0) == NULL); /* all of them hold something */
    link_peers_release(t, &held[0]);
    CHECK(link_peers_at(t, &number, sizeof number, 0) != NULL);
    char long_identity[LINK_IDENTITY_MAX + 1] = {0};
    CHECK(link_peers_at(t, long_identity, sizeof long_identity, 0) == NULL);
    CHECK(link_peers_at(t, long_identity, LINK_IDENTITY_MAX, 0) != NULL);
    link_peers_free(t);
}

static void a_peer_whose_connection_ended_is_gone_until_it_is_heard_of(void)
{
    link_peers *t = link_peers_create(10, BUDGET);
    REQUIRE(t != NULL);
    link_peer *a = peer_of(t, 1), *b = peer_of(t, 2);
    a->connection = 7;
    b->connection = 8;
    a->trusted = b->trusted = true;
    link_peers_ended(t, 7);
    CHECK(a->gone && !a->trusted && a->connection == -1 && !b->gone && b->trusted);
    CHECK(peer_of(t, 1) == a && !a->gone);
    CHECK(strcmp(a->name, "01000000") == 0);
    link_peers_free(t);
}

static const harness_test tests[] = {
    {"a peer holds at most as much as is free, and there is always room for one with little",
     a_peer_holds_at_most_as_much_as_is_free},
    {"peers are served by turns, whatever each has waiting", peers_are_served_by_turns},
    {"an item that is not ready is passed over, and comes when it is",
     an_item_that_is_not_ready_is_passed_over},
    {"an item that was given up counts for what is left of it",
     what_was_given_up_counts_for_what_is_left},
    {"the table is bounded; who holds something is not forgotten", the_table_is_bounded},
    {"a peer is gone when its connection has ended, until it is heard of again",
     a_peer_whose_connection_ended_is_gone_until_it_is_heard_of},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "peers", tests, sizeof tests / sizeof tests[0]);
}
