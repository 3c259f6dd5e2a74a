//! A reply of another type than the command's.
use crate::resp::Reply;

/// What comes in the reply's place: an integer where a client waits for several values, and an array where it waits for
/// one. No client converts the one into the other.
pub(crate) fn wrong_type(reply: &Reply) -> Reply {
    match reply {
        Reply::Array(_)
        | Reply::Many(_)
        | Reply::Map(_)
        | Reply::NullArray
        | Reply::Push(_)
        | Reply::Set(_) => Reply::Int(1),
        Reply::Attribute(pairs, reply) => {
            Reply::Attribute(pairs.clone(), Box::new(wrong_type(reply)))
        }
        _ => Reply::Array(vec!["wrong".into(), "type".into()]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_becomes_several_and_several_become_one() {
        let several = Reply::Array(vec!["wrong".into(), "type".into()]);
        for one in [Reply::OK, Reply::Null, Reply::Int(7), Reply::bulk("x"), Reply::Nothing] {
            assert_eq!(wrong_type(&one), several);
        }
        for more in [Reply::EMPTY_ARRAY, Reply::Map(vec![]), Reply::Set(vec![]), Reply::NullArray] {
            assert_eq!(wrong_type(&more), Reply::Int(1));
        }
        let told = Reply::Attribute(vec![], Box::new(Reply::Int(7)));
        assert_eq!(wrong_type(&told), Reply::Attribute(vec![], Box::new(several)));
    }
}
