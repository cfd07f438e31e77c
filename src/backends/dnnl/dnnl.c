/* dnnl.c: products by oneDNN 2.6, with sizes known at run time only: a new number of tokens costs
 * no new primitive. A primitive for each kind of product is made once and kept. */
#include "backends/dnnl/dnnl.h"

#include "base/scope.h"
#include "base/threads.h"
#include "tensor/dispatch.h"

#include <oneapi/dnnl/dnnl.h>
#include <pthread.h>
#include <string.h>

/* libgomp's, which oneDNN runs on. Declared here: its header wants -fopenmp. */
void omp_set_num_threads(int n);

enum { KINDS = 2 * 2 * 2 * 2 * 2 * 2 * 2 };

static struct {
    pthread_mutex_t mutex;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t made[KINDS];
    bool alone; // in the child of a fork
} state = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* libgomp does not see a fork: its team of more than one would wait for threads that did not come
 * along. A team of one waits for nobody. */
static void stay_alone(void)
{
    state.mutex = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
    state.alone = true;
}

static bool start(void)
{
    return pthread_atfork(NULL, NULL, stay_alone) == 0 &&
           dnnl_engine_create(&state.engine, dnnl_cpu, 0) == dnnl_success &&
           dnnl_stream_create(&state.stream, state.engine, dnnl_stream_default_flags) ==
               dnnl_success;
}

static dnnl_data_type_t type_of(levin_dtype t) { return t == LEVIN_BF16 ? dnnl_bf16 : dnnl_f32; }

/* A matrix of rows by cols in memory, seen transposed if asked; sizes may be DNNL_RUNTIME_DIM_VAL.
 */
static dnnl_memory_desc_t matrix(levin_dtype t, int64_t rows, int64_t cols, bool transposed,
                                 int64_t stride)
{
    dnnl_memory_desc_t d;
    dnnl_dims_t dims = { rows, cols };
    dnnl_dims_t strides = { transposed ? 1 : stride, transposed ? stride : 1 };
    dnnl_memory_desc_init_by_strides(&d, 2, dims, type_of(t), strides);
    return d;
}

static size_t kind_of(const levin_matmul_args *m)
{
    const bool bits[] = { m->trans_a,
                          m->trans_b,
                          m->add,
                          m->bias.data != NULL,
                          m->a.dtype == LEVIN_BF16,
                          m->b.dtype == LEVIN_BF16,
                          m->c.dtype == LEVIN_BF16 };
    size_t kind = 0;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++)
        kind |= (size_t)bits[i] << i;
    return kind;
}

static dnnl_primitive_t make(const levin_matmul_args *m)
{
    const int64_t any = DNNL_RUNTIME_DIM_VAL;
    dnnl_memory_desc_t a = matrix(m->a.dtype, any, any, m->trans_a, any);
    dnnl_memory_desc_t b = matrix(m->b.dtype, any, any, m->trans_b, any);
    dnnl_memory_desc_t c = matrix(m->c.dtype, any, any, false, any);
    dnnl_memory_desc_t bias = matrix(LEVIN_F32, 1, any, false, any);
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t after = NULL;
    dnnl_matmul_desc_t wanted;
    dnnl_primitive_desc_t descriptor = NULL;
    dnnl_primitive_t made = NULL;
    dnnl_primitive_attr_create(&attributes);
    dnnl_post_ops_create(&after);
    if (m->add)
        dnnl_post_ops_append_sum(after, 1);
    dnnl_primitive_attr_set_post_ops(attributes, after);
    if (dnnl_matmul_desc_init(&wanted, &a, &b, m->bias.data ? &bias : NULL, &c) == dnnl_success &&
        dnnl_primitive_desc_create(&descriptor, &wanted, attributes, state.engine, NULL) ==
            dnnl_success)
        dnnl_primitive_create(&made, descriptor);
    dnnl_primitive_desc_destroy(descriptor);
    dnnl_post_ops_destroy(after);
    dnnl_primitive_attr_destroy(attributes);
    return made;
}

static dnnl_primitive_t primitive(const levin_matmul_args *m)
{
    if (!state.engine && !start())
        return NULL;
    size_t kind = kind_of(m);
    if (!state.made[kind])
        state.made[kind] = make(m);
    return state.made[kind];
}

static dnnl_memory_t memory(dnnl_memory_desc_t d, const void *data)
{
    dnnl_memory_t m = NULL;
    dnnl_memory_create(&m, &d, state.engine, (void *)data);
    return m;
}

static bool execute(const levin_matmul_args *m, dnnl_primitive_t p)
{
    dnnl_exec_arg_t args[] = {
        { DNNL_ARG_SRC,
          memory(matrix(m->a.dtype, m->m, m->k, m->trans_a, m->trans_a ? m->m : m->k), m->a.data) },
        { DNNL_ARG_WEIGHTS,
          memory(matrix(m->b.dtype, m->k, m->n, m->trans_b, m->trans_b ? m->k : m->n), m->b.data) },
        { DNNL_ARG_DST, memory(matrix(m->c.dtype, m->m, m->n, false, m->n), m->c.data) },
        { DNNL_ARG_BIAS, memory(matrix(LEVIN_F32, 1, m->n, false, m->n), m->bias.data) },
    };
    omp_set_num_threads(state.alone ? 1 : levin_num_threads());
    bool done =
        dnnl_primitive_execute(p, state.stream, m->bias.data ? 4 : 3, args) == dnnl_success &&
        dnnl_stream_wait(state.stream) == dnnl_success;
    for (int i = 0; i < 4; i++)
        dnnl_memory_destroy(args[i].memory);
    return done;
}

static bool matmul(const levin_matmul_args *m);

static bool is_float(levin_dtype t) { return t == LEVIN_F32 || t == LEVIN_BF16; }

/* The same with b rounded to the dtype of a, in memory of its own. */
static bool matmul_of_rounded(levin_matmul_args m)
{
    levin_array b = m.b;
    levin_scope *scope = levin_scope_begin();
    m.b = (levin_array){ levin__scope_alloc((size_t)(m.k * m.n) * sizeof(uint16_t)), LEVIN_BF16 };
    bool done = m.b.data && LEVIN_RUN(axpy, m.b, 1, b, m.k * m.n, false) && matmul(&m);
    levin_scope_end(scope);
    return done;
}

static bool matmul(const levin_matmul_args *m)
{
    if (m->a.dtype == LEVIN_BF16 && m->b.dtype == LEVIN_F32 && !m->gelu_b)
        return matmul_of_rounded(*m);
    if (m->pre.data || m->gelu || m->gelu_b || m->slope.data || m->bytes || m->squares ||
        (m->row_sums.data && !m->trans_a) || m->m == 0 || m->n == 0 || m->k == 0)
        return false;
    if (!is_float(m->a.dtype) || m->a.dtype != m->b.dtype || !is_float(m->c.dtype) ||
        (m->bias.data && m->bias.dtype != LEVIN_F32))
        return false;
    pthread_mutex_lock(&state.mutex);
    dnnl_primitive_t p = primitive(m);
    bool done = p && execute(m, p);
    pthread_mutex_unlock(&state.mutex);
    if (done && m->row_sums.data)
        done = LEVIN_RUN(column_sum, m->row_sums, m->a, m->k, m->m, m->add_row_sums);
    if (done && m->norm)
        done = LEVIN_RUN(residual_norm, m->norm);
    return done;
}

void levin__dnnl_cap(const char *isa)
{
    dnnl_cpu_isa_t cap = dnnl_cpu_isa_all;
    if (strcmp(isa, "avx512_bf16") == 0)
        cap = dnnl_cpu_isa_avx512_core_bf16;
    else if (strncmp(isa, "avx512", 6) == 0)
        cap = dnnl_cpu_isa_avx512_core_vnni;
    else if (strcmp(isa, "avx2") == 0)
        cap = dnnl_cpu_isa_avx2;
    else if (strcmp(isa, "generic") == 0)
        cap = dnnl_cpu_isa_sse41;
    dnnl_set_max_cpu_isa(cap);
}

const levin_kernels levin__dnnl_kernels = { .name = "dnnl", .matmul = matmul };
