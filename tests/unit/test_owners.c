#include "channel-sim/owners.h"
#include "harness.h"
#include "wire/limits.h"

#include <string.h>

enum { SECOND = 1000000000 };

static link_peer *peer_of(link_peers *t, const char *identity)
{
    link_peer *p = link_peers_at(t, identity, strlen(identity), 0);
    REQUIRE(p != NULL);
    return p;
}

typedef struct fixture {
    link_peers *peers;
    owners *owners;
    link_peer *a, *b;
} fixture;

static fixture set_up(uint32_t ues)
{
    fixture f = {.peers = link_peers_create(3, 1 << 20)};
    REQUIRE(f.peers != NULL);
    REQUIRE((f.owners = owners_create(f.peers, ues)) != NULL);
    f.a = peer_of(f.peers, "a");
    f.b = peer_of(f.peers, "b");
    f.a->connection = 1;
    f.b->connection = 2;
    return f;
}

static void tear_down(fixture *f)
{
    owners_free(f->owners);
    link_peers_free(f->peers);
}

static void a_ue_belongs_to_one_peer_at_a_time(void)
{
    err e = {0};
    fixture f = set_up(0);
    CHECK(owners_claim(f.owners, 7, f.a, SECOND, &e) == ERR_NONE);
    CHECK(owners_claim(f.owners, 7, f.a, 2 * (uint64_t)SECOND, &e) == ERR_NONE);
    CHECK(owners_claim(f.owners, 7, f.b, 2 * (uint64_t)SECOND, &e) == ERR_STATE);
    CHECK(strstr(e.text, "UE 7") && strstr(e.text, "peer 61,") && strstr(e.text, "peer 62 "));
    CHECK(owners_claim(f.owners, 8, f.b, SECOND, &e) == ERR_NONE);
    CHECK(owners_claim(f.owners, 7, f.a, 2 * (uint64_t)SECOND, &e) == ERR_NONE);
    tear_down(&f);
}

static void an_owner_that_has_gone_owns_nothing(void)
{
    err e = {0};
    fixture f = set_up(0);
    REQUIRE(owners_claim(f.owners, 7, f.a, SECOND, &e) == ERR_NONE);
    link_peers_ended(f.peers, 1);
    CHECK(owners_claim(f.owners, 7, f.b, SECOND, &e) == ERR_NONE); /* at once */
    f.a = peer_of(f.peers, "a");
    CHECK(owners_claim(f.owners, 7, f.a, SECOND, &e) == ERR_STATE);
    /* One that the table has forgotten has gone as well. */
    peer_of(f.peers, "c");
    peer_of(f.peers, "a");
    link_peer *d = peer_of(f.peers, "d");
    CHECK(owners_claim(f.owners, 7, d, SECOND, &e) == ERR_NONE);
    tear_down(&f);
}

static void an_owner_that_is_silent_long_enough_loses_its_ue(void)
{
    err e = {0};
    uint64_t last = 5 * (uint64_t)SECOND, silent = OWNER_SILENT_S * (uint64_t)SECOND;
    fixture f = set_up(0);
    REQUIRE(owners_claim(f.owners, 7, f.a, last, &e) == ERR_NONE);
    CHECK(owners_claim(f.owners, 7, f.b, last + silent - 1, &e) == ERR_STATE);
    CHECK(owners_claim(f.owners, 7, f.b, last + silent, &e) == ERR_NONE);
    CHECK(owners_claim(f.owners, 7, f.a, last + silent, &e) == ERR_STATE);
    tear_down(&f);
}

static void a_ue_outside_the_cell_is_nobodys(void)
{
    err e = {0};
    fixture f = set_up(100);
    CHECK(owners_claim(f.owners, 99, f.a, 0, &e) == ERR_NONE);
    CHECK(owners_claim(f.owners, 100, f.a, 0, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "UE 100") && strstr(e.text, "0 to 99"));
    tear_down(&f);
    f = set_up(0);
    CHECK(owners_claim(f.owners, WIRE_UE_MAX - 1, f.a, 0, &e) == ERR_NONE);
    CHECK(owners_claim(f.owners, WIRE_UE_MAX, f.a, 0, &e) == ERR_INVALID);
    tear_down(&f);
}

static const harness_test tests[] = {
    {"a UE belongs to one peer at a time; the refusal names it and both",
     a_ue_belongs_to_one_peer_at_a_time},
    {"an owner whose connection ended, or that was forgotten, owns nothing",
     an_owner_that_has_gone_owns_nothing},
    {"an owner that is silent loses its UE after the stated time, not before",
     an_owner_that_is_silent_long_enough_loses_its_ue},
    {"a UE outside the cell is nobody's", a_ue_outside_the_cell_is_nobodys},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "owners", tests, sizeof tests / sizeof tests[0]);
}
