use super::fault::{Fault, Res, unsupported};
use super::names;
use minijinja::machinery::ast;
use minijinja::value::ValueKind;
use std::sync::Arc;

pub(super) enum Expr {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Arc<str>),
    /// What the block that a filter is applied to has written.
    Body,
    Name(Arc<str>),
    Attribute(Box<Expr>, Arc<str>),
    Item(Box<Expr>, Box<Expr>),
    Slice(Box<Expr>, [Option<Box<Expr>>; 3]),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Binary(Binary, Box<Expr>, Box<Expr>),
    Compare(Box<Expr>, Vec<(Comparison, Expr)>),
    If {
        test: Box<Expr>,
        then: Box<Expr>,
        otherwise: Option<Box<Expr>>,
    },
    Filter(Arc<str>, Box<Expr>, Vec<Argument>),
    Test(Arc<str>, Box<Expr>, Vec<Argument>),
    Call(Box<Expr>, Vec<Argument>),
    List(Vec<Expr>),
    Tuple(Vec<Expr>),
    Dict(Vec<(Expr, Expr)>),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    DivideFloor,
    Remainder,
    Power,
    Join,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
}

pub(super) enum Argument {
    Positional(Expr),
    Named(Arc<str>, Expr),
}

pub(super) struct Reader;

impl Reader {
    /// An expression whose text alone matters. There, and there alone, is `safe` without effect: elsewhere it makes a text
    /// that escapes what is added to it.
    pub fn printed(expr: &ast::Expr<'_>) -> Res<Expr> {
        match expr {
            ast::Expr::Filter(node) if node.name == "safe" && node.args.is_empty() => match &node.expr {
                Some(inner) => Self::printed(inner),
                None => Ok(Expr::Body),
            },
            ast::Expr::IfExpr(node) => Ok(Expr::If {
                test: Box::new(Self::read(&node.test_expr)?),
                then: Box::new(Self::printed(&node.true_expr)?),
                otherwise: node.false_expr.as_ref().map(Self::printed).transpose()?.map(Box::new),
            }),
            _ => Self::read(expr),
        }
    }

    pub fn read(expr: &ast::Expr<'_>) -> Res<Expr> {
        use ast::Expr as E;
        Ok(match expr {
            E::Const(node) => constant(&node.value)?,
            E::Var(node) => match node.id {
                "varargs" | "kwargs" | "self" | "super" | "lipsum" => return unsupported(format!("`{}`", node.id)),
                id => Expr::Name(id.into()),
            },
            E::GetAttr(node) => Expr::Attribute(Self::boxed(&node.expr)?, node.name.into()),
            E::GetItem(node) => Expr::Item(Self::boxed(&node.expr)?, Self::boxed(&node.subscript_expr)?),
            E::Slice(node) => {
                let bound = |bound: &Option<ast::Expr<'_>>| bound.as_ref().map(Self::boxed).transpose();
                Expr::Slice(Self::boxed(&node.expr)?, [bound(&node.start)?, bound(&node.stop)?, bound(&node.step)?])
            }
            E::UnaryOp(node) => match node.op {
                ast::UnaryOpKind::Not => Expr::Not(Self::boxed(&node.expr)?),
                ast::UnaryOpKind::Neg => Expr::Negative(Self::boxed(&node.expr)?),
            },
            E::BinOp(node) => Self::binary(node)?,
            E::Compare(node) => {
                let rest = node.ops.iter().map(|op| Ok((comparison(op.op), Self::read(&op.expr)?)));
                Expr::Compare(Self::boxed(&node.expr)?, rest.collect::<Res<_>>()?)
            }
            E::IfExpr(node) => Expr::If {
                test: Self::boxed(&node.test_expr)?,
                then: Self::boxed(&node.true_expr)?,
                otherwise: node.false_expr.as_ref().map(Self::boxed).transpose()?,
            },
            E::Filter(node) if names::FILTERS.contains(&node.name) => {
                let inner = node.expr.as_ref().map_or(Ok(Expr::Body), Self::read)?;
                Expr::Filter(node.name.into(), Box::new(inner), Self::arguments(&node.args)?)
            }
            E::Filter(node) => return unsupported(format!("the filter `{}`", node.name)),
            E::Test(node) if names::TESTS.contains(&node.name) => {
                Expr::Test(node.name.into(), Self::boxed(&node.expr)?, Self::arguments(&node.args)?)
            }
            E::Test(node) => return unsupported(format!("the test `is {}`", node.name)),
            E::Call(node) => Expr::Call(Self::boxed(&node.expr)?, Self::arguments(&node.args)?),
            E::List(node) => Expr::List(node.items.iter().map(Self::read).collect::<Res<_>>()?),
            E::Tuple(node) => Expr::Tuple(node.items.iter().map(Self::read).collect::<Res<_>>()?),
            E::Map(node) => {
                let entries = node.keys.iter().zip(&node.values);
                Expr::Dict(entries.map(|(key, value)| Ok((Self::read(key)?, Self::read(value)?))).collect::<Res<_>>()?)
            }
        })
    }

    fn boxed(expr: &ast::Expr<'_>) -> Res<Box<Expr>> {
        Self::read(expr).map(Box::new)
    }

    pub fn arguments(arguments: &[ast::CallArg<'_>]) -> Res<Vec<Argument>> {
        let read = |argument: &ast::CallArg<'_>| match argument {
            ast::CallArg::Pos(value) => Self::read(value).map(Argument::Positional),
            ast::CallArg::Kwarg(name, value) => Self::read(value).map(|value| Argument::Named((*name).into(), value)),
            _ => unsupported("`*` or `**` before an argument"),
        };
        arguments.iter().map(read).collect()
    }

    fn binary(node: &ast::BinOp<'_>) -> Res<Expr> {
        use ast::BinOpKind as K;
        let pair = || Ok::<_, Box<Fault>>((Self::boxed(&node.left)?, Self::boxed(&node.right)?));
        let compare = |with: Comparison| {
            let (left, right) = pair()?;
            Ok(Expr::Compare(left, vec![(with, *right)]))
        };
        let compute = |with: Binary| pair().map(|(left, right)| Expr::Binary(with, left, right));
        match node.op {
            K::ScAnd => pair().map(|(left, right)| Expr::And(left, right)),
            K::ScOr => pair().map(|(left, right)| Expr::Or(left, right)),
            K::Eq => compare(Comparison::Equal),
            K::Ne => compare(Comparison::Unequal),
            K::Lt => compare(Comparison::Less),
            K::Lte => compare(Comparison::LessEqual),
            K::Gt => compare(Comparison::Greater),
            K::Gte => compare(Comparison::GreaterEqual),
            K::In => compare(Comparison::In),
            K::Add => compute(Binary::Add),
            K::Sub => compute(Binary::Subtract),
            K::Mul => compute(Binary::Multiply),
            K::Div => compute(Binary::Divide),
            K::FloorDiv => compute(Binary::DivideFloor),
            K::Rem => compute(Binary::Remainder),
            K::Pow => compute(Binary::Power),
            K::Concat => {
                let (left, right) = (Self::printed(&node.left)?, Self::printed(&node.right)?);
                Ok(Expr::Binary(Binary::Join, Box::new(left), Box::new(right)))
            }
        }
    }
}

fn comparison(kind: ast::CompareOpKind) -> Comparison {
    match kind {
        ast::CompareOpKind::Eq => Comparison::Equal,
        ast::CompareOpKind::Ne => Comparison::Unequal,
        ast::CompareOpKind::Lt => Comparison::Less,
        ast::CompareOpKind::Lte => Comparison::LessEqual,
        ast::CompareOpKind::Gt => Comparison::Greater,
        ast::CompareOpKind::Gte => Comparison::GreaterEqual,
        ast::CompareOpKind::In => Comparison::In,
        ast::CompareOpKind::NotIn => Comparison::NotIn,
    }
}

fn constant(value: &minijinja::Value) -> Res<Expr> {
    Ok(match value.kind() {
        ValueKind::None => Expr::None,
        ValueKind::Bool => Expr::Bool(value.is_true()),
        ValueKind::String => Expr::Text(value.as_str().unwrap_or_default().into()),
        ValueKind::Number if value.is_integer() => match i128::try_from(value.clone()) {
            Ok(number) => Expr::Int(number),
            Err(_) => return unsupported("a whole number of more than 127 bits"),
        },
        ValueKind::Number => Expr::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN)),
        kind => return unsupported(format!("a constant that is a {kind}")),
    })
}
