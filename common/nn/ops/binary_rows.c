#include "nn/ops/binary_rows.h"

#include <math.h>

#include "nn/kernels/elementwise.h"

#define ROW(name, type, result, expression)                                                        \
    static int name(const void *a, int a_step, const void *b, int b_step, void *out, size_t n)     \
    {                                                                                              \
        const type *u = a, *v = b;                                                                 \
        result *y = out;                                                                           \
        for (size_t i = 0; i < n; i++) {                                                           \
            type l = u[i * (size_t)a_step], r = v[i * (size_t)b_step];                             \
            y[i] = (result)(expression);                                                           \
        }                                                                                          \
        return 0;                                                                                  \
    }

/* Signed arithmetic goes through the unsigned type of its width: overflow wraps. */
#define ARITHMETIC(type, wide)                                                                     \
    ROW(add_##type, type, type, (wide)l + (wide)r)                                                 \
    ROW(sub_##type, type, type, (wide)l - (wide)r)                                                 \
    ROW(mul_##type, type, type, (wide)l *(wide)r)                                                  \
    ROW(max_##type, type, type, l > r ? l : r)                                                     \
    ROW(min_##type, type, type, l < r ? l : r)

#define COMPARISONS(type)                                                                          \
    ROW(equal_##type, type, uint8_t, l == r)                                                       \
    ROW(less_##type, type, uint8_t, l < r)                                                         \
    ROW(less_equal_##type, type, uint8_t, l <= r)                                                  \
    ROW(greater_##type, type, uint8_t, l > r)                                                      \
    ROW(greater_equal_##type, type, uint8_t, l >= r)

/* Division towards zero; by -1 it is a negation, since the most negative value would trap. */
#define DIVISION(type, wide)                                                                       \
    static int div_##type(const void *a, int a_step, const void *b, int b_step, void *out,         \
                          size_t n)                                                                \
    {                                                                                              \
        const type *u = a, *v = b;                                                                 \
        type *y = out;                                                                             \
        for (size_t i = 0; i < n; i++) {                                                           \
            type l = u[i * (size_t)a_step], r = v[i * (size_t)b_step];                             \
            if (r == 0)                                                                            \
                return -1;                                                                         \
            y[i] = (type)(r == (type)-1 && (type)-1 < 1 ? (type)((wide)0 - (wide)l) : l / r);      \
        }                                                                                          \
        return 0;                                                                                  \
    }

#define FLOAT_ROW(name, op)                                                                        \
    static int name(const void *a, int a_step, const void *b, int b_step, void *out, size_t n)     \
    {                                                                                              \
        nn_arithmetic_row(op, a, a_step, b, b_step, out, n);                                       \
        return 0;                                                                                  \
    }

ARITHMETIC(int64_t, uint64_t)
ARITHMETIC(int32_t, uint32_t)
ARITHMETIC(uint8_t, uint32_t)
ARITHMETIC(int8_t, uint32_t)
ARITHMETIC(double, double)
DIVISION(int64_t, uint64_t)
DIVISION(int32_t, uint32_t)
DIVISION(uint8_t, uint32_t)
DIVISION(int8_t, uint32_t)
ROW(div_double, double, double, l / r)
COMPARISONS(float)
COMPARISONS(double)
COMPARISONS(int64_t)
COMPARISONS(int32_t)
ROW(equal_uint8_t, uint8_t, uint8_t, l == r)
ROW(and_uint8_t, uint8_t, uint8_t, l &&r)
ROW(or_uint8_t, uint8_t, uint8_t, l || r)
ROW(xor_uint8_t, uint8_t, uint8_t, !l != !r)
ROW(prelu_float, float, float, l < 0 ? l * r : l)
ROW(pow_double, double, double, pow(l, r))
FLOAT_ROW(add_float, NN_ADD)
FLOAT_ROW(sub_float, NN_SUB)
FLOAT_ROW(mul_float, NN_MUL)
FLOAT_ROW(div_float, NN_DIV)
FLOAT_ROW(max_float, NN_MAX)
FLOAT_ROW(min_float, NN_MIN)

/* --- powers: the exponent has a separate type --------------------------------------------------
 */

/* The exponent 2, in every decomposed layer normalisation, does not need powf. */
static int pow_float(const void *a, int a_step, const void *b, int b_step, void *out, size_t n)
{
    const float *u = a, *v = b;
    float *y = out;
    if (!b_step && v[0] == 2.0f) {
        nn_arithmetic_row(NN_MUL, u, a_step, u, a_step, y, n);
        return 0;
    }
    for (size_t i = 0; i < n; i++)
        y[i] = powf(u[i * (size_t)a_step], v[i * (size_t)b_step]);
    return 0;
}

static int64_t to_int64(double x)
{
    if (!(x > -9.2e18))
        return INT64_MIN;
    return x < 9.2e18 ? (int64_t)x : INT64_MAX;
}

static int32_t to_int32(double x)
{
    if (!(x > -2147483648.0))
        return INT32_MIN;
    return x < 2147483647.0 ? (int32_t)x : INT32_MAX;
}

#define POW_ROW(name, base, exponent, finish)                                                      \
    static int name(const void *a, int a_step, const void *b, int b_step, void *out, size_t n)     \
    {                                                                                              \
        const base *u = a;                                                                         \
        const exponent *v = b;                                                                     \
        base *y = out;                                                                             \
        for (size_t i = 0; i < n; i++)                                                             \
            y[i] = finish(pow((double)u[i * (size_t)a_step], (double)v[i * (size_t)b_step]));      \
        return 0;                                                                                  \
    }

POW_ROW(pow_float_int32, float, int32_t, (float))
POW_ROW(pow_float_int64, float, int64_t, (float))
POW_ROW(pow_int32, int32_t, int32_t, to_int32)
POW_ROW(pow_int64, int64_t, int64_t, to_int64)
POW_ROW(pow_int32_float, int32_t, float, to_int32)
POW_ROW(pow_int64_float, int64_t, float, to_int64)

/* --- the table ---------------------------------------------------------------------------------
 */

enum { TYPES = NN_DOUBLE + 1 };

#define ALL(name)                                                                                  \
    {                                                                                              \
        [NN_FLOAT] = name##_float, [NN_INT64] = name##_int64_t, [NN_INT32] = name##_int32_t,       \
        [NN_UINT8] = name##_uint8_t, [NN_INT8] = name##_int8_t, [NN_DOUBLE] = name##_double        \
    }
#define WIDE(name)                                                                                 \
    {                                                                                              \
        [NN_FLOAT] = name##_float, [NN_INT64] = name##_int64_t, [NN_INT32] = name##_int32_t,       \
        [NN_DOUBLE] = name##_double                                                                \
    }

nn_binary_row nn_binary_find(nn_binary op, nn_dtype type, nn_dtype b_type)
{
    static const nn_binary_row rows[][TYPES] = {
        [NN_BIN_ADD] = ALL(add),
        [NN_BIN_SUB] = ALL(sub),
        [NN_BIN_MUL] = ALL(mul),
        [NN_BIN_DIV] = ALL(div),
        [NN_BIN_MAX] = ALL(max),
        [NN_BIN_MIN] = ALL(min),
        [NN_BIN_POW] = {[NN_FLOAT] = pow_float,
                        [NN_INT64] = pow_int64,
                        [NN_INT32] = pow_int32,
                        [NN_DOUBLE] = pow_double},
        [NN_BIN_PRELU] = {[NN_FLOAT] = prelu_float},
        [NN_BIN_EQUAL] = {[NN_FLOAT] = equal_float,
                          [NN_INT64] = equal_int64_t,
                          [NN_INT32] = equal_int32_t,
                          [NN_BOOL] = equal_uint8_t,
                          [NN_DOUBLE] = equal_double},
        [NN_BIN_LESS] = WIDE(less),
        [NN_BIN_LESS_EQUAL] = WIDE(less_equal),
        [NN_BIN_GREATER] = WIDE(greater),
        [NN_BIN_GREATER_EQUAL] = WIDE(greater_equal),
        [NN_BIN_AND] = {[NN_BOOL] = and_uint8_t},
        [NN_BIN_OR] = {[NN_BOOL] = or_uint8_t},
        [NN_BIN_XOR] = {[NN_BOOL] = xor_uint8_t},
    };
    static const nn_binary_row mixed_powers[TYPES][TYPES] = {
        [NN_FLOAT] = {[NN_INT32] = pow_float_int32, [NN_INT64] = pow_float_int64},
        [NN_INT32] = {[NN_FLOAT] = pow_int32_float},
        [NN_INT64] = {[NN_FLOAT] = pow_int64_float},
    };
    return type == b_type ? rows[op][type] : op == NN_BIN_POW ? mixed_powers[type][b_type] : NULL;
}
